/* SPDX-License-Identifier: MIT */
/* schema.h - a trigger's `input` schema: {field = "string", amount = "number", note =
 * {type="string", max=2000, optional=true}, …}. Types: string number integer boolean object array
 * any. Keys of the long form: type, optional, min, max (length in code points, value, or count),
 * enum, pattern is not supported yet; fields (of an object), items (of an array). Unknown body
 * fields pass. Pure. Thread: any. */
#pragma once
#include "base/error.h"
#include "base/json.h"

/* Checks the schema itself, at load. err: "input.note: unknown key \"maxx\", did you mean \"max\"?"
 */
bool schema_ok(const cJSON *schema, struct error *err) MUST_CHECK;
/* Checks a body. On false: field (cap bytes) gets the JSON pointer ("/note"), err the reason with
 * the limit. */
bool schema_check(const cJSON *schema, const cJSON *body, char *field, size_t cap,
                  struct error *err) MUST_CHECK;
