/* SPDX-License-Identifier: MIT */
/* error.h - a failure that the caller owns: a code and a sentence. Thread: any.
 * Limit: the text is cut at ERROR_TEXT bytes. */
#pragma once
#include "base/attr.h"
#include <stdarg.h>
#include <stdbool.h>

enum { ERROR_TEXT = 512 };

enum error_code {
    ERROR_NONE,
    ERROR_INVALID, /* the input is wrong; the text says where */
    ERROR_MISSING, /* a named thing does not exist */
    ERROR_EXISTS,  /* a named thing exists already */
    ERROR_LIMIT,   /* a named limit is reached */
    ERROR_BUSY,    /* somebody else holds it; trying later may help */
    ERROR_IO,      /* the operating system, the disk or the network said no */
    ERROR_INTERNAL /* a peer broke a contract */
};

struct error {
    enum error_code code;
    char text[ERROR_TEXT];
};

/* Fills err (may be NULL). Always returns false: `return error_set(err, ...)` reads well. */
bool error_set(struct error *err, enum error_code code, const char *format, ...) PRINTF_LIKE(3, 4);
/* As error_set, and appends ": " and strerror(errnum). */
bool error_errno(struct error *err, int errnum, const char *format, ...) PRINTF_LIKE(3, 4);
/* Puts context in front of what err already says: "reading a.lua: permission denied".
 * Returns false. */
bool error_context(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
