/* SPDX-License-Identifier: MIT */
/* secret_form.h - the shapes that a value takes on its way: written into a URL, or echoed by a
 * server in some encoding. Pure. Thread: any. */
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
    FORM_HEX,         /* from here on the value does not shine through */
    FORM_HEX_UPPER,
    FORM_BASE64_0, /* base64 (RFC 4648) of a text that holds it, as far as the value alone decides
                    */
    FORM_BASE64_1, /* the characters: 0, 1 or 2 bytes behind a multiple of three */
    FORM_BASE64_2,
    FORM_BASE64URL_0, /* the same with - and _ */
    FORM_BASE64URL_1,
    FORM_BASE64URL_2,
    SECRET_FORMS
};

/* The most bytes that a value needs in that form. */
size_t secret_form_bytes(size_t value_bytes, enum secret_form form);
/* Appends the value in that form; may be empty for a very short one. */
void secret_form_put(struct buf *out, struct text value, enum secret_form form);
