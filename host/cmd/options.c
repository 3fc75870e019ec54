/* SPDX-License-Identifier: MIT */
#include "cmd/options.h"
#include "base/text.h"
#include "cmd/out.h"
#include <stdio.h>
#include <string.h>

enum { ROWS_MAX = 64 };

static bool unknown(struct text name, const struct option_row *rows, struct error *err)
{
    const char *names[ROWS_MAX + 1] = {NULL};
    for (size_t i = 0; i < ROWS_MAX && rows[i].name; i++)
        names[i] = rows[i].name;
    const char *near = text_nearest(name, names);
    return error_set(err, ERROR_INVALID, "unknown option %.*s%s%s%s", (int)name.len, name.data,
                     near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
}

static const struct option_row *find(struct text name, const struct option_row *rows)
{
    for (; rows->name; rows++)
        if (text_is(name, rows->name))
            return rows;
    return NULL;
}

static bool add(struct strings *list, const char *what, const char *value, struct error *err)
{
    if (list->count == OPTIONS_MANY)
        return error_set(err, ERROR_LIMIT, "more than %d %s", OPTIONS_MANY, what);
    list->at[list->count++] = value;
    return true;
}

static bool store(const struct option_row *row, const char *value, struct error *err)
{
    if (row->many)
        return add(row->many, row->name, value, err);
    if (*row->value)
        return error_set(err, ERROR_INVALID, "%s is given twice", row->name);
    *row->value = value;
    return true;
}

/* argv[*i] is an option; *i is moved on to its value where that is an argument of its own. */
static bool take_option(int argc, char **argv, int *i, const struct option_row *rows,
                        struct error *err)
{
    struct text inside = text_of(argv[*i]);
    struct text name = text_cut(&inside, '=');
    const struct option_row *row = find(name, rows);
    if (!row)
        return unknown(name, rows, err);
    if (row->flag) {
        if (inside.data)
            return error_set(err, ERROR_INVALID, "%s takes no value", row->name);
        *row->flag = true;
        return true;
    }
    if (inside.data)
        return store(row, inside.data, err);
    if (*i + 1 >= argc)
        return error_set(err, ERROR_INVALID, "%s needs a value", row->name);
    const char *value = argv[++*i];
    if (strncmp(value, "--", 2) == 0)
        return error_set(err, ERROR_INVALID,
                         "%s needs a value (for one that starts with --: %s=%s)", row->name,
                         row->name, value);
    return store(row, value, err);
}

bool options_parse(int argc, char **argv, const struct option_row *rows, struct strings *words,
                   struct error *err)
{
    bool only_words = false;
    for (int i = 1; i < argc; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && argv[i][0] == '-' && argv[i][1] != '\0') {
            if (!take_option(argc, argv, &i, rows, err))
                return false;
        } else if (!words) {
            return error_set(err, ERROR_INVALID, "unexpected word \"%s\"", argv[i]);
        } else if (!add(words, "words", argv[i], err)) {
            return false;
        }
    }
    return true;
}

int options_read(int argc, char **argv, const struct option_row *rows, struct strings *words)
{
    struct error err = {0};
    return options_parse(argc, argv, rows, words, &err) ? 0 : out_usage(argv[0], &err);
}

static void join_names(const char *const *names, char *out, size_t cap)
{
    size_t at = 0;
    for (; *names && at < cap; names++) {
        const char *between = at == 0 ? "" : names[1] ? ", " : " or ";
        at += (size_t)snprintf(out + at, cap - at, "%s%s", between, *names);
    }
}

bool options_verb(const struct strings *words, const char *const *names, size_t *index,
                  struct error *err)
{
    char known[128] = "";
    const char *word = words->count ? words->at[0] : NULL;
    for (size_t i = 0; word && names[i]; i++) {
        *index = i;
        if (strcmp(word, names[i]) == 0)
            return true;
    }
    join_names(names, known, sizeof known);
    if (!word)
        return error_set(err, ERROR_INVALID, "say what to do: %s", known);
    const char *near = text_nearest(text_of(word), names);
    return error_set(err, ERROR_INVALID, "\"%s\" is not known, %s %s%s", word,
                     near ? "did you mean" : "say", near ? near : known, near ? "?" : "");
}

bool options_int(const char *name, const char *value, long min, long max, long *out,
                 struct error *err)
{
    uint64_t number;
    if (!value)
        return true;
    if (!text_u64(text_of(value), &number) || number < (uint64_t)min || number > (uint64_t)max)
        return error_set(err, ERROR_INVALID, "%s wants a whole number from %ld to %ld, not \"%s\"",
                         name, min, max, value);
    *out = (long)number;
    return true;
}
