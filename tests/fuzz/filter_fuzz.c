/* SPDX-License-Identifier: MIT */
/* Data filters: CONDITIONS \f BODY. A filter must judge a body alike each time, and its negation
 * the other way round. */
#include "fuzz.h"

#include "domain/filter.h"

static cJSON *parse(struct text in)
{
    struct error err;
    return json_parse(in, &err);
}

static bool pass(const struct filter *f, const cJSON *body)
{
    char why[64], tiny[1];
    memset(why, 'x', sizeof why);
    bool yes = filter_pass(f, body, why, sizeof why);
    FUZZ_CHECK(yes || (memchr(why, '\0', sizeof why) && text_utf8_ok(text_of(why))), "why");
    FUZZ_CHECK(yes == filter_pass(f, body, tiny, sizeof tiny), "another answer");
    FUZZ_CHECK(yes == filter_pass(f, body, NULL, 0), "another answer");
    return yes;
}

/* [{"not": conditions}]; NULL when that is deeper than may be. */
static struct filter *negate(const cJSON *conditions)
{
    struct error err;
    cJSON *list = cJSON_CreateArray(), *object = cJSON_CreateObject();
    cJSON_AddItemToObject(object, "not", cJSON_Duplicate(conditions, true));
    cJSON_AddItemToArray(list, object);
    struct filter *f = filter_new(list, &err);
    cJSON_Delete(list);
    return f;
}

static void check(const cJSON *conditions, const cJSON *body)
{
    struct error err = {0};
    struct filter *f = filter_new(conditions, &err);
    if (!f) {
        FUZZ_CHECK(err.text[0] && memchr(err.text, '\0', sizeof err.text), "no reason");
        return;
    }
    struct filter *opposite = negate(conditions);
    bool yes = pass(f, body);
    if (opposite)
        FUZZ_CHECK(yes != pass(opposite, body), "its negation says the same");
    filter_free(opposite);
    filter_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text in = fuzz_text(data, size);
    cJSON *conditions = parse(fuzz_part(&in)), *body = parse(fuzz_part(&in));
    if (conditions)
        check(conditions, body);
    cJSON_Delete(conditions);
    cJSON_Delete(body);
    return 0;
}
