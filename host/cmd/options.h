/* SPDX-License-Identifier: MIT */
/* options.h - reads a command's arguments: --name VALUE, --name=VALUE, --flag, and words between
 * them; "--" ends the options. Owner: the command. Thread: main. All values are borrowed from argv.
 * Limit: OPTIONS_MANY values of one repeated option, OPTIONS_MANY words. */
#pragma once
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

enum { OPTIONS_MANY = 64 };

struct strings {
    const char *at[OPTIONS_MANY];
    size_t count;
};

/* One row an option; exactly one of the three targets is set. */
struct option_row {
    const char *name;     /* "--listen" */
    bool *flag;           /* becomes true; takes no value */
    const char **value;   /* untouched when the option is not given; refused when given twice */
    struct strings *many; /* may be given again and again */
};

/* rows: the row without a name ends them. words: what is no option; NULL: none allowed. False: err
 * says which argument is wrong and what would be right. */
bool options_parse(int argc, char **argv, const struct option_row *rows, struct strings *words,
                   struct error *err) MUST_CHECK;
/* The same, and tells the user: 0, or 2 after a line on standard error. */
int options_read(int argc, char **argv, const struct option_row *rows, struct strings *words);

/* Which of `names` (NULL ends them) the first word is. False: none is; err names them. */
bool options_verb(const struct strings *words, const char *const *names, size_t *index,
                  struct error *err) MUST_CHECK;
/* The whole number in `value` between min and max. NULL value: *out is left. */
bool options_int(const char *name, const char *value, long min, long max, long *out,
                 struct error *err) MUST_CHECK;
