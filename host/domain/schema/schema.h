/* SPDX-License-Identifier: MIT */
/* schema.h - a trigger's `input` schema: {field = "string", amount = "number", note =
 * {type="string", max=2000, optional=true}, …}. Types: string number integer boolean object array
 * any. Keys of the long form: type, optional (may be missing or null), min, max (code points of a
 * string, value of a number, count of an array), enum, pattern (domain/regex.h) and format
 * (domain/format.h) of a string, fields of an object, items of an array. Unknown fields pass.
 *
 * It is a subset of JSON Schema 2020-12 and is exported as that (schema_export.h). An integer is a
 * number without a fraction, within 64 bits (int64_t); bounds and enums count every digit.
 * Pure. Owner: the manifest. Thread: any, one check at a time.
 * Limits: nesting SCHEMA_DEPTH; SCHEMA_STEPS of patterns for one body. */
#pragma once
#include "base/error.h"
#include "base/json.h"

enum { SCHEMA_DEPTH = 16, SCHEMA_STEPS = 1000000 };

struct schema;
/* Checks the schema itself and compiles its patterns, at load. declared must outlive it. NULL: err
 * says `input.note: unknown key "maxx", did you mean "max"?`. */
struct schema *schema_new(const cJSON *declared, struct error *err) MUST_CHECK;
void schema_free(struct schema *schema);
/* Checks a body; schema NULL: all pass. On false: field (cap bytes) gets the JSON pointer
 * ("/note"), err the reason with the limit. */
bool schema_check(const struct schema *schema, const cJSON *body, char *field, size_t cap,
                  struct error *err) MUST_CHECK;
