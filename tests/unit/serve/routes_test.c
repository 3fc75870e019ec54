/* SPDX-License-Identifier: MIT */
#include "base/embed.h"
#include "base/json.h"
#include "serve/request/credential.h"
#include "serve/request/request.h"
#include "serve/routes.h"
#include "test.h"
#include <stdio.h>
#include <string.h>

enum { NAMES = 256, NAME_BYTES = 64 };

/* The components of openapi.json that something refers to, as "schemas.Run". */
struct names {
    char name[NAMES][NAME_BYTES];
    size_t count;
};

static bool has(const struct names *all, const char *name)
{
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->name[i], name) == 0)
            return true;
    return false;
}

static void use(struct names *all, const char *kind, struct text word)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%s.%.*s", kind, (int)word.len, word.data);
    if (has(all, name))
        return;
    assert_true(all->count < NAMES);
    memcpy(all->name[all->count++], name, sizeof name);
}

/* The names in a list of a row: what stands behind the colons, without media types, statuses and
 * "none". */
static void use_words(struct names *all, const char *kind, const char *list)
{
    struct text words = text_of(list);
    while (words.data) {
        struct text word = text_cut(&words, ' '), status;
        if (word.len > 0 && memchr(word.data, ':', word.len)) {
            status = text_cut(&word, ':');
            assert_int_equal(status.len, 3);
        }
        bool number = word.len > 0 && word.data[0] >= '0' && word.data[0] <= '9';
        if (word.len == 0 || number || memchr(word.data, '/', word.len) || text_is(word, "none"))
            continue;
        use(all, kind, word);
    }
}

static void use_route(struct names *all, const struct route *r)
{
    const struct route_doc *d = &r->doc;
    use_words(all, "parameters", d->parameters);
    use_words(all, "schemas", d->request ? d->request + (*d->request == '!') : NULL);
    use_words(all, "schemas", d->answers);
    use_words(all, "schemas", d->errors);
    use_words(all, "securitySchemes", d->security ? d->security : credential_schemes(r->auth));
}

/* Every "$ref": "#/components/KIND/NAME" below v. */
static void use_refs(struct names *all, const cJSON *v)
{
    const char *ref = cJSON_GetStringValue(json_get(v, "$ref"));
    char kind[NAME_BYTES];
    struct text rest = text_of(ref);
    if (ref && strncmp(ref, "#/components/", 13) == 0) {
        rest = (struct text){ref + 13, strlen(ref) - 13};
        struct text folder = text_cut(&rest, '/');
        snprintf(kind, sizeof kind, "%.*s", (int)folder.len, folder.data);
        use(all, kind, rest);
    }
    for (const cJSON *child = v->child; child; child = child->next)
        use_refs(all, child);
}

static cJSON *document(void)
{
    struct error err;
    cJSON *doc = json_parse((struct text){openapi_files[0].data, openapi_files[0].size}, &err);
    assert_non_null(doc);
    return doc;
}

static void every_row_has_an_operation_of_its_own(void **state)
{
    (void)state;
    const struct route *r, *other;
    for (size_t i = 0; (r = route_at(i)); i++) {
        if (!r->doc.id || !r->doc.tag || !r->doc.summary || !r->doc.answers)
            fail_msg("%s: its row in serve/routes.c lacks a part of .doc", r->pattern);
        assert_non_null(r->body);
        for (size_t n = 0; n < i && (other = route_at(n)); n++)
            if (strcmp(r->doc.id, other->doc.id) == 0 ||
                (r->method == other->method && strcmp(r->pattern, other->pattern) == 0))
                fail_msg("%s and %s are one address or one operationId", r->pattern,
                         other->pattern);
    }
}

static void every_name_in_a_row_is_a_component(void **state)
{
    (void)state;
    struct names used = {.count = 0};
    const struct route *r;
    cJSON *doc = document();
    char path[NAME_BYTES + 16];
    for (size_t i = 0; (r = route_at(i)); i++)
        use_route(&used, r);
    use_refs(&used, doc);
    for (size_t i = 0; i < used.count; i++) {
        snprintf(path, sizeof path, "components.%s", used.name[i]);
        if (!json_path(doc, path))
            fail_msg("%s is not in serve/api/openapi.json", path);
    }
    cJSON_Delete(doc);
}

static void every_component_is_named_by_a_row_or_a_component(void **state)
{
    (void)state;
    struct names used = {.count = 0};
    const struct route *r;
    const cJSON *kind, *one;
    cJSON *doc = document();
    char name[NAME_BYTES];
    for (size_t i = 0; (r = route_at(i)); i++)
        use_route(&used, r);
    use_refs(&used, doc);
    cJSON_ArrayForEach(kind, json_get(doc, "components"))
    {
        cJSON_ArrayForEach(one, kind)
        {
            snprintf(name, sizeof name, "%s.%s", kind->string, one->string);
            if (!has(&used, name))
                fail_msg("nothing uses %s of serve/api/openapi.json", name);
        }
    }
    cJSON_Delete(doc);
}

static void every_tag_is_in_the_document(void **state)
{
    (void)state;
    const struct route *r;
    const cJSON *tag;
    cJSON *doc = document();
    for (size_t i = 0; (r = route_at(i)); i++) {
        bool known = false;
        cJSON_ArrayForEach(tag, json_get(doc, "tags"))
        {
            known = known || strcmp(json_string(tag, "name"), r->doc.tag) == 0;
        }
        if (!known)
            fail_msg("%s: there is no tag %s", r->pattern, r->doc.tag);
    }
    cJSON_Delete(doc);
}

static void a_path_that_pages_may_ask_for_has_one_method(void **state)
{
    (void)state;
    const struct route *r, *other;
    for (size_t i = 0; (r = route_at(i)); i++)
        for (size_t n = 0; r->cors != CORS_CLOSED && (other = route_at(n)); n++)
            if (n != i && strcmp(r->pattern, other->pattern) == 0)
                fail_msg("%s: a preflight names the method of one row only", r->pattern);
}

static const struct route *find(const char *path, enum http_method method, char *allow)
{
    struct request *q = test_calloc(1, sizeof *q);
    const struct route *r;
    allow[0] = '\0';
    r = route_find(method, text_of(path), q, allow);
    assert_true(r || !allow[0] == !q->near);
    test_free(q);
    return r;
}

static void a_row_is_found_by_path_and_method_else_its_methods_are_named(void **state)
{
    (void)state;
    char allow[ROUTE_ALLOW];
    assert_string_equal(find("/v1/runs", METHOD_GET, allow)->doc.id, "listRuns");
    assert_string_equal(find("/v1/runs", METHOD_HEAD, allow)->doc.id, "listRuns");
    assert_string_equal(find("/api/agent/trigger", METHOD_POST, allow)->doc.id, "fireAgent");
    assert_string_equal(find("/api/agent/trigger/", METHOD_POST, allow)->doc.id, "fireAgent");
    assert_null(find("/v1/keys", METHOD_PUT, allow));
    assert_string_equal(allow, "GET, HEAD, POST");
    assert_null(find("/v1/triggers/p/k/webhook", METHOD_OTHER, allow));
    assert_string_equal(allow, "GET, HEAD, POST, DELETE");
    assert_null(find("/v1/runs/", METHOD_GET, allow));
    assert_string_equal(allow, "");
    assert_null(find("/v1", METHOD_GET, allow));
    assert_string_equal(allow, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_an_operation_of_its_own),
        cmocka_unit_test(every_name_in_a_row_is_a_component),
        cmocka_unit_test(every_component_is_named_by_a_row_or_a_component),
        cmocka_unit_test(every_tag_is_in_the_document),
        cmocka_unit_test(a_path_that_pages_may_ask_for_has_one_method),
        cmocka_unit_test(a_row_is_found_by_path_and_method_else_its_methods_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
