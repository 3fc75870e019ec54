/* SPDX-License-Identifier: MIT */
/* form.h - a body of application/x-www-form-urlencoded as a flat JSON object of strings. Pure.
 * Thread: any. Limit: FORM_FIELDS. Source: WHATWG URL, "application/x-www-form-urlencoded parsing";
 * stricter: names are not empty and come once, escapes are whole, the text is UTF-8 without NUL. */
#pragma once
#include "base/error.h"
#include "base/json.h"

enum { FORM_FIELDS = 1000 };

/* NULL and err ("field 3: …") otherwise. An empty body is an empty object. */
cJSON *form_parse(struct text body, struct error *err) MUST_CHECK;
