/* SPDX-License-Identifier: MIT */
/* snippet_text.h - code that starts a run, one template a language. Constant.
 * {{URL}} is the address of the run list, {{HOST}} the host's alone, {{TRIGGER}} "project/key",
 * {{BODY}} JSON that may stand between single quotes, backticks or three double quotes in all of
 * these languages but JavaScript, {{JAVASCRIPT_BODY}} an expression for that text there, {{KEY}}
 * the credential as an expression, {{IMPORT}} a line that only reading it from the environment
 * needs. */
#pragma once
#include <stddef.h>

struct snippet {
    const char *lang, *title;
    const char *key;         /* the expression that reads it from the environment */
    const char *key_literal; /* printf format around the secret itself */
    const char *import;      /* NULL: none */
    const char *text;
};

extern const struct snippet snippets[]; /* one without a lang ends them */
