/* SPDX-License-Identifier: MIT */
#include "base/embed.h"
#include "base/json.h"
#include "serve/api/openapi_doc.h"
#include "test.h"
#include <stdio.h>
#include <string.h>

static void every_route_is_in_the_document(void **state)
{
    (void)state;
    const struct route *r;
    for (size_t i = 0; (r = route_at(i)); i++)
        if (!openapi_doc_of(r->method, r->pattern))
            fail_msg("%s has no row in serve/api/openapi_doc.c", r->pattern);
}

static void expect_known(cJSON *doc, const char *where, struct text words)
{
    char path[128];
    while (words.data && words.len) {
        struct text word = text_cut(&words, ' ');
        const char *colon = memchr(word.data, ':', word.len);
        if (colon)
            word = (struct text){colon + 1, (size_t)(word.data + word.len - colon - 1)};
        if (word.len == 0 || memchr(word.data, '/', word.len) ||
            (word.data[0] >= '0' && word.data[0] <= '9'))
            continue;
        snprintf(path, sizeof path, "components.%s.%.*s", where, (int)word.len, word.data);
        if (!text_is(word, "none") && !json_path(doc, path))
            fail_msg("%s is not in serve/api/openapi.json", path);
    }
}

static void every_name_in_a_row_is_in_the_components(void **state)
{
    (void)state;
    struct error err;
    cJSON *doc = json_parse((struct text){openapi_files[0].data, openapi_files[0].size}, &err);
    assert_non_null(doc);
    for (const struct openapi_doc *d = openapi_docs; d->pattern; d++) {
        expect_known(doc, "parameters", text_of(d->parameters));
        expect_known(doc, "schemas",
                     text_of(d->request ? d->request + (*d->request == '!') : NULL));
        expect_known(doc, "schemas", text_of(d->answers));
        expect_known(doc, "schemas", text_of(d->errors));
        expect_known(doc, "securitySchemes", text_of(d->security));
    }
    cJSON_Delete(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_in_the_document),
        cmocka_unit_test(every_name_in_a_row_is_in_the_components),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
