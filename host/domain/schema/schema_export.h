/* SPDX-License-Identifier: MIT */
/* schema_export.h - a trigger's `input` schema (domain/schema.h) as JSON Schema 2020-12, which
 * OpenAPI 3.1 speaks, and a body that fits it. Pure. Thread: any.
 * The schema has passed schema_new. */
#pragma once
#include "base/json.h"

/* NULL: any object. min and max become minLength, minimum or minItems by type; what is optional is
 * not required and may be null. */
void schema_export(const cJSON *schema, struct buf *out);
/* The smallest body of plain values that has every field; NULL: {}. */
void schema_sample(const cJSON *schema, struct buf *out);
