/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include "base/text.h"
#include <stdio.h>
#include <string.h>

/* Cutting in the middle of a character would make invalid UTF-8 of a text that ends up in JSON. */
static void drop_partial_character(char *text, size_t len)
{
    text[text_utf8_whole((struct text){text, len})] = '\0';
}

static void write_text(struct error *err, const char *format, va_list args)
{
    int len = vsnprintf(err->text, sizeof err->text, format, args);
    if (len < 0)
        err->text[0] = '\0';
    else if ((size_t)len >= sizeof err->text)
        drop_partial_character(err->text, sizeof err->text - 1);
}

static void append(struct error *err, const char *between, const char *behind)
{
    size_t len = strlen(err->text);
    int more = snprintf(err->text + len, sizeof err->text - len, "%s%s", between, behind);
    if (more < 0)
        err->text[len] = '\0';
    else if ((size_t)more >= sizeof err->text - len)
        drop_partial_character(err->text, sizeof err->text - 1);
}

bool error_set(struct error *err, enum error_code code, const char *format, ...)
{
    if (!err)
        return false;
    struct error made = {.code = code}; /* the arguments may point into err->text */
    va_list args;
    va_start(args, format);
    write_text(&made, format, args);
    va_end(args);
    *err = made;
    return false;
}

bool error_errno(struct error *err, int errnum, const char *format, ...)
{
    if (!err)
        return false;
    struct error made = {.code = ERROR_IO};
    va_list args;
    va_start(args, format);
    write_text(&made, format, args);
    va_end(args);
    char room[128];
    append(&made, ": ", strerror_r(errnum, room, sizeof room));
    *err = made;
    return false;
}

bool error_context(struct error *err, const char *format, ...)
{
    if (!err)
        return false;
    struct error made = {.code = err->code};
    va_list args;
    va_start(args, format);
    write_text(&made, format, args);
    va_end(args);
    append(&made, ": ", err->text);
    *err = made;
    return false;
}
