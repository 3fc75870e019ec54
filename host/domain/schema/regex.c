/* SPDX-License-Identifier: MIT */
/* PCRE2 backtracks: some patterns take exponential time over subjects that strangers choose, and
 * its own match limit counts anew at every place where a match may start. So each item of a pattern
 * has a callout (PCRE2_AUTO_CALLOUT) that counts for the whole match; what lies between two of them
 * (a run of characters, a repeat of one) costs what it passes over. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "domain/schema/regex.h"

#include "base/mem.h"
#include "domain/schema/regex_ecma.h"
#include <dlfcn.h>
#include <pcre2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIB_NAME "libpcre2-8.so.0"
enum { TRANSLATED_MAX = 64 * REGEX_BYTES, HEAP_KB = 8 << 10, BYTES_A_STEP = 32 /* measured */ };

static const uint32_t compile_options =
    PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_UCP |
    PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_START_OPTIMIZE | PCRE2_AUTO_CALLOUT;

/* ---- the library: loaded once, it stays. Linking it would cost every process of the host. */

struct lib {
    __typeof__(pcre2_compile) *compile;
    __typeof__(pcre2_code_free) *code_free;
    __typeof__(pcre2_get_error_message) *get_error_message;
    __typeof__(pcre2_match) *match;
    __typeof__(pcre2_match_context_create) *match_context_create;
    __typeof__(pcre2_match_context_free) *match_context_free;
    __typeof__(pcre2_match_data_create) *match_data_create;
    __typeof__(pcre2_match_data_free) *match_data_free;
    __typeof__(pcre2_set_callout) *set_callout;
    __typeof__(pcre2_set_heap_limit) *set_heap_limit;
};

static const struct {
    const char *name;
    size_t at;
} functions[] = {
    {"pcre2_compile_8", offsetof(struct lib, compile)},
    {"pcre2_code_free_8", offsetof(struct lib, code_free)},
    {"pcre2_get_error_message_8", offsetof(struct lib, get_error_message)},
    {"pcre2_match_8", offsetof(struct lib, match)},
    {"pcre2_match_context_create_8", offsetof(struct lib, match_context_create)},
    {"pcre2_match_context_free_8", offsetof(struct lib, match_context_free)},
    {"pcre2_match_data_create_8", offsetof(struct lib, match_data_create)},
    {"pcre2_match_data_free_8", offsetof(struct lib, match_data_free)},
    {"pcre2_set_callout_8", offsetof(struct lib, set_callout)},
    {"pcre2_set_heap_limit_8", offsetof(struct lib, set_heap_limit)},
};

static struct lib lib;
static bool lib_whole;
static pthread_once_t lib_once = PTHREAD_ONCE_INIT;

static void lib_load(void)
{
    void *so = dlopen(LIB_NAME, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    lib_whole = so != NULL;
    for (size_t i = 0; lib_whole && i < ARRAY_LEN(functions); i++) {
        void *function = dlsym(so, functions[i].name);
        memcpy((char *)&lib + functions[i].at, &function, sizeof function);
        lib_whole = function != NULL;
    }
    if (so)
        dlclose(so); /* only drops the reference: RTLD_NODELETE keeps the code */
}

/* ---- compiling */

struct regex {
    pcre2_code *code;
    unsigned least_count; /* the largest n of its X{n}, X{n,} and X{n,m} */
    bool refers_back;
};

/* In what was translated a brace is a count or part of \x{…}, \p{…}, \P{…}, \g{…} or \k<…>. */
static void look_at_items(struct regex *r, struct text translated)
{
    for (size_t i = 1; i < translated.len; i++) {
        char letter = translated.data[i - 1];
        bool escape = i > 1 && translated.data[i - 2] == '\\' && strchr("xpPgk", letter) && letter;
        r->refers_back = r->refers_back || (escape && (letter == 'g' || letter == 'k'));
        if (translated.data[i] != '{' || escape)
            continue;
        unsigned count = 0;
        for (size_t d = i + 1;
             d < translated.len && translated.data[d] >= '0' && translated.data[d] <= '9'; d++)
            count = count * 10 + (unsigned)(translated.data[d] - '0');
        r->least_count = count > r->least_count ? count : r->least_count;
    }
}

static struct regex *compile(struct text translated, struct error *err)
{
    int code;
    size_t offset;
    char reason[160];
    struct regex *r = mem_zero(1, sizeof *r);
    r->code = lib.compile((PCRE2_SPTR)translated.data, translated.len, compile_options, &code,
                          &offset, NULL);
    look_at_items(r, translated);
    if (r->code)
        return r;
    lib.get_error_message(code, (PCRE2_UCHAR *)reason, sizeof reason);
    error_set(err, ERROR_INVALID, "%s", reason);
    free(r);
    return NULL;
}

struct regex *regex_new(struct text pattern, struct error *err)
{
    struct buf translated;
    struct regex *r = NULL;
    pthread_once(&lib_once, lib_load);
    if (!lib_whole) {
        error_set(err, ERROR_MISSING, "patterns need " LIB_NAME ", which is not installed");
        return NULL;
    }
    if (pattern.len > REGEX_BYTES) {
        error_set(err, ERROR_LIMIT, "it is longer than %d bytes", REGEX_BYTES);
        return NULL;
    }
    buf_init(&translated, TRANSLATED_MAX);
    buf_str(&translated, ""); /* an empty pattern is one */
    if (regex_translate(pattern, &translated, err)) {
        if (translated.full)
            error_set(err, ERROR_LIMIT, "it is too large");
        else
            r = compile(translated.data ? buf_view(&translated) : TEXT(""), err);
    }
    buf_done(&translated);
    return r;
}

void regex_free(struct regex *r)
{
    if (!r)
        return;
    lib.code_free(r->code);
    free(r);
}

/* ---- matching */

struct budget {
    uint32_t steps;
    size_t at;
    const struct regex *regex;
};

/* What an item may pass and give back before the next callout sees anything of it: a count that is
 * not reached, a text that is not there again. */
static size_t unseen_bytes(const struct regex *r, const pcre2_callout_block *block)
{
    size_t most = r->least_count;
    for (uint32_t i = 1; r->refers_back && i < block->capture_top; i++) {
        size_t from = block->offset_vector[2 * i], to = block->offset_vector[2 * i + 1];
        if (from != PCRE2_UNSET && to > from && to - from > most)
            most = to - from;
    }
    return most;
}

static int on_callout(pcre2_callout_block *block, void *arg)
{
    struct budget *b = arg;
    size_t at = block->current_position;
    size_t cost =
        1 + (at > b->at ? at - b->at : b->at - at) + unseen_bytes(b->regex, block) / BYTES_A_STEP;
    b->at = at;
    if (cost > b->steps)
        return PCRE2_ERROR_CALLOUT;
    b->steps -= (uint32_t)cost;
    return 0;
}

enum regex_verdict regex_match(const struct regex *r, struct text subject, uint32_t *steps)
{
    if (subject.len > REGEX_SUBJECT)
        return REGEX_TOO_LONG;
    struct budget budget = {.steps = *steps, .regex = r};
    pcre2_match_context *context = lib.match_context_create(NULL);
    pcre2_match_data *data = lib.match_data_create(1, NULL);
    int found = PCRE2_ERROR_NOMEMORY;
    if (context && data) {
        lib.set_heap_limit(context, HEAP_KB);
        lib.set_callout(context, on_callout, &budget);
        found = lib.match(r->code, (PCRE2_SPTR)subject.data, subject.len, 0, 0, data, context);
    }
    lib.match_data_free(data);
    lib.match_context_free(context);
    *steps = budget.steps;
    if (found >= 0)
        return REGEX_YES;
    return found == PCRE2_ERROR_NOMATCH ? REGEX_NO : REGEX_TOO_COSTLY;
}
