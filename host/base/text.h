/* SPDX-License-Identifier: MIT */
/* text.h - borrowed slices of bytes, and the small grammars that the whole host shares.
 * Thread: any. */
#pragma once
#include "base/attr.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    const char *data; /* NULL: absent (different from empty) */
    size_t len;
};

#define TEXT(literal) ((struct text){"" literal, sizeof(literal) - 1})
#define TEXT_NONE     ((struct text){NULL, 0})

struct text text_of(const char *s); /* NULL gives TEXT_NONE */
bool text_eq(struct text a, struct text b);
bool text_is(struct text a, const char *s);
bool text_is_fold(struct text a, const char *s); /* ASCII case folded */
void text_lower(char *s);                        /* ASCII, in place */
bool text_starts(struct text a, const char *prefix);
struct text text_trim(struct text a); /* spaces and tabs at both ends */
/* Cuts *rest at the first `sep`:
 * returns the part before, *rest becomes the part behind (absent at the end). */
struct text text_cut(struct text *rest, char sep);
/* Decimal, digits only, whole text, no overflow. */
bool text_u64(struct text a, uint64_t *out) MUST_CHECK;

/* The bytes of the first character, 0 when it is malformed. Not for an empty text. */
size_t text_utf8_step(struct text a);
bool text_utf8_ok(struct text a);      /* RFC 3629: no overlong forms, no surrogates */
size_t text_utf8_count(struct text a); /* code points of valid UTF-8 */
/* The bytes of `a` without the beginning of a character at its end, which was cut there. */
size_t text_utf8_whole(struct text a);

/* The first byte that a JSON string does not hold as it is: a control character, quote or
 * backslash, or one of more than ASCII; end: none. */
const char *text_json_plain(const char *at, const char *end);

/* "250ms" "30s" "5m" "2h" "3d" (a whole number and a unit) to milliseconds. */
bool text_duration_ms(struct text a, int64_t *ms) MUST_CHECK;
/* "64KB" "16MB" "1GB" or plain bytes; 1 KB = 1024. */
bool text_size_bytes(struct text a, int64_t *bytes) MUST_CHECK;

/* The entry of `names` (NULL ends it) nearest to `word` by edit distance, or NULL when none is
 * close enough (distance > 1 + len / 4) to be meant. */
const char *text_nearest(struct text word, const char *const *names);

/* Percent-decodes once into out (room for in.len + 1).
 * False on a malformed escape or a decoded NUL. */
bool text_percent_decode(struct text in, char *out, size_t *out_len) MUST_CHECK;
/* The raw value of `name` in a query string, percent- and plus-decoded into out (cap bytes with the
 * NUL). Returns how many times the name occurs; out holds the first (empty when 0). -1: malformed
 * or too long, out is empty. */
int text_query(struct text query, const char *name, char *out, size_t cap);

/* Seconds-precision RFC 3339 with milliseconds, UTC: "2026-11-21T08:00:00.123Z".
 * out: TEXT_TIME bytes. */
enum { TEXT_TIME = 32 };
void text_time(int64_t wall_ms, char out[TEXT_TIME]);
