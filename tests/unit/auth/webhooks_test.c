/* SPDX-License-Identifier: MIT */
#include "auth/webhooks.h"
#include "test.h"
#include <stdio.h>
#include <string.h>

static struct store_webhook row(const char *id, const char *trigger, const char *secret,
                                int64_t revoked_ms)
{
    struct store_webhook w = {.created_ms = 1, .revoked_ms = revoked_ms};
    snprintf(w.id, sizeof w.id, "%s", id);
    snprintf(w.project, sizeof w.project, "p");
    snprintf(w.trigger, sizeof w.trigger, "%s", trigger);
    id_sha256(secret, strlen(secret), w.hash);
    return w;
}

static void each_living_secret_opens_its_own_trigger(void **state)
{
    (void)state;
    struct webhooks w;
    const struct store_webhook rows[] = {
        row("wh_0", "a", "revoked", 5),
        row("wh_1", "a", "old", 0),
        row("wh_2", "a", "new", 0),
        row("wh_3", "b", "other", 0),
    };
    static const struct {
        const char *project, *key, *secret;
        bool open;
    } asked[] = {
        {"p", "a", "old", true},   {"p", "a", "new", true},      {"p", "A", "new", true},
        {"p", "b", "other", true}, {"p", "a", "other", false},   {"p", "b", "old", false},
        {"p", "a", "ol", false},   {"p", "a", "oldx", false},    {"p", "a", "", false},
        {"p", "a", NULL, false},   {"P", "a", "old", false},     {"p", "c", "old", false},
        {"", "", "old", false},    {"p", "a", "revoked", false},
    };
    webhooks_init(&w);
    webhooks_fill(&w, rows, ARRAY_LEN(rows));
    for (size_t i = 0; i < ARRAY_LEN(asked); i++)
        assert_int_equal(
            webhooks_open(&w, asked[i].project, asked[i].key, text_of(asked[i].secret)),
            asked[i].open);
    assert_true(webhooks_alive(&w, "wh_1") && !webhooks_alive(&w, "wh_0"));
    webhooks_fill(&w, rows, 2);
    assert_false(webhooks_open(&w, "p", "b", TEXT("other")));
    assert_true(webhooks_open(&w, "p", "a", TEXT("old")));
    webhooks_done(&w);
}

/* Nothing hashes to zeroes, but no comparison shall count where there is no secret. */
static void an_empty_place_is_no_secret(void **state)
{
    (void)state;
    struct webhooks w;
    struct store_webhook zero = row("wh_1", "a", "x", 0);
    webhooks_init(&w);
    assert_false(webhooks_open(&w, "p", "a", TEXT("x")));
    webhooks_fill(&w, &zero, 1);
    assert_true(webhooks_open(&w, "p", "a", TEXT("x")));
    webhooks_fill(&w, NULL, 0);
    assert_false(webhooks_open(&w, "p", "a", TEXT("x")));
    webhooks_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_living_secret_opens_its_own_trigger),
        cmocka_unit_test(an_empty_place_is_no_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
