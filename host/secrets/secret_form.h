/* SPDX-License-Identifier: MIT */
/* secret_form.h - the forms that a secret's value takes on its way: written into a URL, or echoed
 * by a server in some encoding. Pure. Owner: the caller. Thread: any. */
#pragma once
#include "base/buf.h"

enum secret_form {
    FORM_RAW,
    FORM_PATH,  /* percent-encoded for a URL's path: "/" and what else may stand there stays */
    FORM_QUERY, /* percent-encoded, all but RFC 3986's unreserved characters */
    FORM_QUERY_LOWER, /* the same with %2f for %2F */
    FORM_PLUS,        /* as a web form has it: "+" for a blank */
    FORM_JSON,        /* inside a JSON string */
    FORM_JSON_SLASH,  /* the same with "\/", as PHP writes it */
    /* From here on the value is encoded whole: a short one may look like anything. */
    FORM_HEX,
    FORM_HEX_UPPER,
    /* Base64 (RFC 4648) of a longer text that holds the value: those characters that the value
     * alone decides. The number is how many bytes behind a multiple of three the value begins. */
    FORM_BASE64_0,
    FORM_BASE64_1,
    FORM_BASE64_2,
    FORM_BASE64URL_0, /* the same with - and _ */
    FORM_BASE64URL_1,
    FORM_BASE64URL_2,
    SECRET_FORMS
};

/* The most bytes that a value of value_bytes needs in that form. */
size_t secret_form_bytes(size_t value_bytes, enum secret_form form);
/* Appends the value in that form. Nothing is appended when a very short value has no characters of
 * its own in that form. */
void secret_form_put(struct buf *out, struct text value, enum secret_form form);
