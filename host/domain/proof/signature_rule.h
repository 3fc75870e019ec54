/* SPDX-License-Identifier: MIT */
/* signature_rule.h - a rule as it is checked, for signature.c and signature_rule.c alone. Pure.
 * Owner: the manifest that declares it. Thread: any. */
#pragma once
#include "domain/proof/signature.h"

enum signature_scheme {
    SCHEME_PLAIN,    /* one header, one signature */
    SCHEME_STRIPE,   /* t=…,v1=…,v1=… in one header */
    SCHEME_STANDARD, /* "v1,… v1,…", the secret in base64 behind "whsec_" */
    SCHEME_TOKEN,    /* the header is the secret */
    SCHEME_TWILIO,
};

enum signature_digest { DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA512 };

struct signature_shape {
    enum signature_scheme scheme;
    enum signature_digest digest;
    bool base64;                              /* else hex */
    const char *header, *prefix;              /* prefix of the signature; NULL: none */
    const char *timestamp_header, *id_header; /* NULL: none */
    const char *signed_form;    /* "{id}.{timestamp}.{body}"; NULL: the scheme has its own */
    const char *delivery[2];    /* headers with the delivery id; NULL: none */
    const char *delivery_field; /* field of the body with it; NULL: none */
    bool challenge;             /* the sender asks a question first, as Slack does */
};

struct signature_rule {
    struct signature_shape shape;
    char *own[6]; /* texts of the declaration, which the shape points to */
    size_t own_count;
    char *secrets[SIGNATURE_SECRETS + 1];
    size_t secret_count;
};
