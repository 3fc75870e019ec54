/* SPDX-License-Identifier: MIT */
/* The strict JSON reader and its writers: TEXT \f PATH. What is accepted must survive every writer,
 * the canonical form must be one, and cJSON's own (laxer) reader must see the same value. */
#include "fuzz.h"

#include "base/json.h"

enum { OUT_MAX = 16 << 20, CJSON_NUMBER = 60 };

static cJSON *must_parse(const struct buf *b, const char *what)
{
    struct error err = {0};
    FUZZ_CHECK(!b->full, "%s is larger than its buffer", what);
    cJSON *tree = json_parse(buf_view(b), &err);
    FUZZ_CHECK(tree, "%s: %s: '%s'", what, err.text, b->data);
    return tree;
}

static void forget_digits(cJSON *value)
{
    if (cJSON_IsNumber(value)) {
        cJSON_free(value->valuestring);
        value->valuestring = NULL;
    }
    for (cJSON *inner = value->child; inner; inner = inner->next)
        forget_digits(inner);
}

/* To a reader that knows doubles only. */
static bool same_doubles(const cJSON *a, const cJSON *b)
{
    cJSON *x = cJSON_Duplicate(a, true), *y = cJSON_Duplicate(b, true);
    forget_digits(x);
    forget_digits(y);
    bool same = json_equal(x, y);
    cJSON_Delete(x);
    cJSON_Delete(y);
    return same;
}

static void check_written(const cJSON *tree)
{
    struct buf once, twice;
    buf_init(&once, OUT_MAX);
    buf_init(&twice, OUT_MAX);
    json_put_tree(&once, tree);
    cJSON *again = must_parse(&once, "what was written");
    FUZZ_CHECK(json_equal(tree, again), "'%s' is another value", once.data);
    json_put_tree(&twice, again);
    fuzz_same(buf_view(&once), buf_view(&twice), "written twice");
    cJSON_Delete(again);
    buf_done(&once);
    buf_done(&twice);
}

static void check_canonical(const cJSON *tree)
{
    struct buf once, twice;
    buf_init(&once, OUT_MAX);
    buf_init(&twice, OUT_MAX);
    json_put_canonical(&once, tree);
    cJSON *again = must_parse(&once, "the canonical form");
    FUZZ_CHECK(same_doubles(tree, again), "'%s' is another value", once.data);
    json_put_canonical(&twice, again);
    fuzz_same(buf_view(&once), buf_view(&twice), "the canonical form of itself");
    cJSON_Delete(again);
    buf_done(&once);
    buf_done(&twice);
}

/* cJSON reads numbers of up to 63 bytes. */
static bool has_long_number(struct text in)
{
    size_t run = 0;
    for (size_t i = 0; i < in.len; i++) {
        run = strchr("0123456789+-.eE", in.data[i]) ? run + 1 : 0;
        if (run > CJSON_NUMBER)
            return true;
    }
    return false;
}

static void check_with_cjson(struct text in, const cJSON *tree)
{
    if (has_long_number(in))
        return;
    cJSON *other = cJSON_ParseWithLength(in.data, in.len);
    FUZZ_CHECK(other, "cJSON refuses it");
    FUZZ_CHECK(same_doubles(tree, other), "cJSON reads another value");
    cJSON_Delete(other);
}

/* Any bytes as a string must become JSON that reads back. NUL is refused by every reader. */
static void check_string(struct text in)
{
    struct buf b;
    if (memchr(in.data, '\0', in.len))
        return;
    buf_init(&b, OUT_MAX);
    json_put_string(&b, in);
    cJSON *back = must_parse(&b, "a string");
    FUZZ_CHECK(cJSON_IsString(back), "no string");
    if (text_utf8_ok(in))
        fuzz_same(text_of(back->valuestring), in, "a string read back");
    cJSON_Delete(back);
    buf_done(&b);
}

/* The one that builds nothing takes a little more, and never less. */
static void check_is_value(struct text json, const cJSON *tree, const struct error *err)
{
    static const char *const stricter[] = {"is repeated", "beyond the range", "lone surrogate",
                                           "\\u0000",     "levels deep",      "values"};
    bool value = json_is_value(json, JSON_DEPTH_OUT), reason = tree != NULL;
    FUZZ_CHECK(value || !tree, "json_parse takes it, json_is_value does not");
    for (size_t i = 0; i < ARRAY_LEN(stricter) && !reason; i++)
        reason = strstr(err->text, stricter[i]) != NULL;
    FUZZ_CHECK(!value || reason, "json_is_value takes it, json_parse says: %s", err->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text in = fuzz_text(data, size), json = fuzz_part(&in);
    struct error err = {0};
    char *copy = fuzz_copy(json);
    json.data = copy;
    cJSON *tree = json_parse(json, &err);
    FUZZ_CHECK(tree || err.text[0], "refused without a reason");
    check_is_value(json, tree, &err);
    if (tree) {
        char path[256];
        snprintf(path, sizeof path, "%.*s", (int)(in.data ? in.len : 0), in.data ? in.data : "");
        check_written(tree);
        check_canonical(tree);
        check_with_cjson(json, tree);
        (void)json_path(tree, path);
    }
    cJSON_Delete(tree);
    check_string(json);
    free(copy);
    return 0;
}
