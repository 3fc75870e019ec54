/* SPDX-License-Identifier: MIT */
/* Input schemas: SCHEMA \f BODY. A body that is refused has a place that exists, or is missing from
 * its object, and a reason. */
#include "fuzz.h"

#include "domain/schema/schema.h"

static void check(const cJSON *declared, const cJSON *body)
{
    struct error err = {0};
    char field[64];
    memset(field, 'x', sizeof field);
    struct schema *schema = schema_new(declared, &err);
    if (!schema) {
        FUZZ_CHECK(err.text[0], "the schema is refused without a reason");
        return;
    }
    bool yes = schema_check(schema, body, field, sizeof field, &err);
    FUZZ_CHECK(yes == schema_check(schema, body, NULL, 0, &err), "another answer");
    schema_free(schema);
    if (yes)
        return;
    FUZZ_CHECK(memchr(field, '\0', sizeof field), "the place does not end");
    FUZZ_CHECK(field[0] == '/' || field[0] == '\0', "no JSON pointer: %s", field);
    FUZZ_CHECK(text_utf8_ok(text_of(field)), "a place that is not UTF-8");
    FUZZ_CHECK(err.text[0], "refused without a reason");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text in = fuzz_text(data, size);
    struct error err;
    cJSON *schema = json_parse(fuzz_part(&in), &err), *body = json_parse(fuzz_part(&in), &err);
    if (schema && body)
        check(schema, body);
    cJSON_Delete(schema);
    cJSON_Delete(body);
    return 0;
}
