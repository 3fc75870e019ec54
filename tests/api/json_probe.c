/* SPDX-License-Identifier: MIT */
/* json_probe schema|canonical - answers each line of standard input with one line of JSON.
 *   schema     {"input": the declaration's, "body": any} gives {"load": error or null,
 *              "ok": bool, "field", "error", "sample", "exported"}
 *   canonical  any JSON gives its canonical form (RFC 8785), or {"error": text} */
#include "base/json.h"
#include "domain/schema/schema.h"
#include "domain/schema/schema_export.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_verdict(struct buf *out, const struct schema *schema, const cJSON *body)
{
    struct error err = {0};
    char field[256];
    bool ok = schema_check(schema, body, field, sizeof field, &err);
    buf_printf(out, "\"ok\":%s,\"field\":", ok ? "true" : "false");
    json_put_cstr(out, field);
    buf_str(out, ",\"error\":");
    json_put_cstr(out, ok ? NULL : err.text);
}

static void answer_schema(const cJSON *line, struct buf *out)
{
    struct error err = {0};
    const cJSON *input = json_get(line, "input");
    struct schema *schema = schema_new(input, &err);
    buf_str(out, "{\"load\":");
    json_put_cstr(out, schema ? NULL : err.text);
    if (schema) {
        buf_char(out, ',');
        put_verdict(out, schema, json_get(line, "body"));
        buf_str(out, ",\"sample\":");
        schema_sample(input, out);
        buf_str(out, ",\"exported\":");
        schema_export(input, out);
    }
    buf_char(out, '}');
    schema_free(schema);
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    bool schemas = argc > 1 && strcmp(argv[1], "schema") == 0;
    struct buf out;
    buf_init(&out, 64 << 20);
    while ((len = getline(&line, &cap, stdin)) > 0) {
        struct error err;
        cJSON *tree = json_parse((struct text){line, (size_t)len}, &err);
        buf_clear(&out);
        if (!tree) {
            buf_str(&out, "{\"error\":");
            json_put_cstr(&out, err.text);
            buf_char(&out, '}');
        } else if (schemas) {
            answer_schema(tree, &out);
        } else {
            json_put_canonical(&out, tree);
        }
        puts(out.data);
        cJSON_Delete(tree);
    }
    free(line);
    buf_done(&out);
    return ferror(stdin) ? 1 : 0;
}
