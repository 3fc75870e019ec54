/* SPDX-License-Identifier: MIT */
/* json.h - strict JSON as cJSON trees: what is accepted, how it is written, how it is compared.
 * Owner: the caller. Thread: any. Limits: JSON_DEPTH, JSON_VALUES; the caller bounds the bytes. */
#pragma once
#include "base/buf.h"
#include "base/error.h"
#include <cjson/cJSON.h>

enum {
    JSON_DEPTH = 64,      /* of what comes in */
    JSON_VALUES = 262144, /* of what comes in: a small text shall not make a huge tree */
    JSON_DEPTH_OUT = 256  /* of what goes out: envelopes around what came in */
};

/* What base/json_lex.h takes, with no name repeated in an object (compared after unescaping), at
 * most JSON_DEPTH levels and JSON_VALUES values. NULL and err ("byte 17: name \"a\" is repeated")
 * otherwise. Free with cJSON_Delete. */
cJSON *json_parse(struct text in, struct error *err) MUST_CHECK;
/* The same for what a host wrote itself: envelopes around what came in may be deeper
 * (JSON_DEPTH_OUT) and hold any number of values. */
cJSON *json_parse_own(struct text in, struct error *err) MUST_CHECK;
/* Whether it is one JSON value, valid UTF-8 and at most max_depth (<= JSON_DEPTH_OUT) deep; for
 * what is handed on as it is. Names may be repeated, numbers be beyond double range. */
bool json_is_value(struct text in, int max_depth) MUST_CHECK;

/* Writers: append JSON to a buffer; base/json_out.h writes objects and lists of one's own.
 * Quoted and escaped as ECMAScript does; each invalid byte of UTF-8 becomes U+FFFD. */
void json_put_string(struct buf *b, struct text value);
void json_put_cstr(struct buf *b, const char *value); /* NULL writes null */
/* Shortest form that reads back, ECMA-262 Number::toString; NaN and infinities write null. */
void json_put_number(struct buf *b, double value);
/* Compact. A hand-made tree deeper than JSON_DEPTH_OUT sets b->full. */
void json_put_tree(struct buf *b, const cJSON *value);
/* RFC 8785, but every integer with all of its digits: ids that differ in the last one are two. A
 * number with a point or an exponent goes by its double. Limits as json_put_tree. */
void json_put_canonical(struct buf *b, const cJSON *value);

/* Readers: the member if it has that type, else NULL / fallback. Names are case-sensitive. */
const cJSON *json_get(const cJSON *object, const char *name);
const char *json_string(const cJSON *object, const char *name);
double json_number(const cJSON *object, const char *name, double fallback);
bool json_bool(const cJSON *object, const char *name, bool fallback);
/* Follows "customer.tier" or "lines.0.id" (array index from 0). NULL when a part is missing. */
const cJSON *json_path(const cJSON *root, const char *path);
/* Types strict, object order irrelevant, numbers as json_compare_numbers. */
bool json_equal(const cJSON *a, const cJSON *b);

/* Numbers. cJSON holds doubles; a number of 2^53 and more keeps its text as well, in valuestring,
 * so that integers within 64 bits (int64_t) have every digit wherever a tree is written, copied
 * (cJSON_Duplicate) or compared. Larger ones are doubles to those who compare. */
/* Whether it is an integer within 64 bits: 1.0 and 1e18 are, 2^63 is not. */
bool json_int64(const cJSON *number, int64_t *out);
/* Below, at or above zero, as a is to b. Both must be numbers; integers are compared exactly. */
int json_compare_numbers(const cJSON *a, const cJSON *b);
