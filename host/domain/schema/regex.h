/* SPDX-License-Identifier: MIT */
/* regex.h - the `pattern` of a schema: a regular expression of ECMA-262 with the u flag
 * (https://262.ecma-international.org/#sec-patterns), matched by PCRE2, which is loaded when the
 * first pattern is. Owner: who made it. Thread: any, one match at a time.
 *
 * What is not as in ECMA-262: a lookbehind must have a fixed length; a group keeps what it captured
 * in an earlier round of a repetition around it; a lone surrogate matches nothing, so it is no
 * pattern; \p{…} knows general categories, Script=, Script_Extensions= and the usual
 * binary properties.
 *
 * Limits: a pattern has at most REGEX_BYTES, a count at most REGEX_COUNT, a subject at most
 * REGEX_SUBJECT bytes; a match costs steps, which the caller gives: one for each item of the
 * pattern that is tried, one for each byte that is passed,
 * one for each 32 that an item may pass unseen. */
#pragma once
#include "base/error.h"
#include "base/text.h"

enum { REGEX_BYTES = 1024, REGEX_COUNT = 1000, REGEX_SUBJECT = 16 << 10 };

struct regex;
/* NULL: err says what is wrong, and where: `character 4: nothing to repeat`. */
struct regex *regex_new(struct text pattern, struct error *err) MUST_CHECK;
void regex_free(struct regex *r);

enum regex_verdict { REGEX_YES, REGEX_NO, REGEX_TOO_LONG, REGEX_TOO_COSTLY };
/* Whether it matches anywhere in the subject (UTF-8). Takes from *steps what it used; when that is
 * not enough it ends with REGEX_TOO_COSTLY. */
enum regex_verdict regex_match(const struct regex *r, struct text subject, uint32_t *steps);
