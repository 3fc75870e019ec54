/* SPDX-License-Identifier: MIT */
/* regex_class.h - sets of characters as ECMA-262 means them, in the syntax of PCRE2, to stand
 * within brackets. Pure. */
#pragma once
#include "base/text.h"

/* Of \d \D \s \S \w \W; NULL for another letter. */
const char *regex_class(char letter);
extern const char regex_class_dot[]; /* all but line ends */
/* What PCRE2 calls the property of \p{name}, "Lu" for "Uppercase_Letter", "sc:Greek" for
 * "Script=Greek". False: there is none. */
bool regex_property(struct text name, char *out, size_t cap);
