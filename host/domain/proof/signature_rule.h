/* SPDX-License-Identifier: MIT */
/* signature_rule.h - what signature.c and signature_rule.c share: a rule as it is checked. Pure.
 * Thread: any. */
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
    bool base64; /* else hex */
    const char *header, *prefix;
    const char *timestamp_header, *id_header; /* NULL: none */
    const char *signed_form;                  /* "{timestamp}.{body}", "{id}" too */
    const char *delivery[2];                  /* headers; NULL: none */
    const char *delivery_field;               /* of the body; NULL: none */
    bool challenge;
};

struct signature_rule {
    struct signature_shape shape;
    char *own[6]; /* texts of a table that the shape points to */
    size_t own_count;
    char *secrets[SIGNATURE_SECRETS + 1];
    size_t secret_count;
};
