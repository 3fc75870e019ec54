/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/attr.h"
#include "domain/verdict.h"
#include <string.h>

static void every_verdict_has_status_code_and_sentence(void **state)
{
    (void)state;
    for (int v = 0; v < VERDICTS; v++) {
        int status = verdict_status((enum verdict)v);
        assert_true(status == 200 || status == 202 || (status >= 400 && status <= 505));
        const char *code = verdict_code((enum verdict)v), *text = verdict_text((enum verdict)v);
        assert_true(strlen(code) > 3);
        assert_int_equal(strspn(code, "abcdefghijklmnopqrstuvwxyz_"), strlen(code));
        assert_true(strlen(text) > 10 && text[strlen(text) - 1] == '.');
    }
}

static void codes_are_distinct(void **state)
{
    (void)state;
    for (int a = 0; a < VERDICTS; a++) {
        for (int b = a + 1; b < VERDICTS; b++)
            assert_string_not_equal(verdict_code((enum verdict)a), verdict_code((enum verdict)b));
    }
}

/* Clients depend on these; the numbers come from the published contracts. */
static void published_verdicts_keep_their_status(void **state)
{
    (void)state;
    static const struct {
        enum verdict verdict;
        int status;
        const char *code;
    } rows[] = {
        {VERDICT_FILTERED, 400, "filtered"},
        {VERDICT_DUPLICATE, 400, "duplicate"},
        {VERDICT_INVALID, 400, "invalid"},
        {VERDICT_UNAUTHORIZED, 401, "unauthorized"},
        {VERDICT_NOT_FOUND, 404, "not_found"},
        {VERDICT_WAIT_TIMEOUT, 408, "wait_timeout"},
        {VERDICT_RUN_FAILED, 500, "run_failed"},
        {VERDICT_KEY_REUSED, 422, "idempotency_key_reused"},
        {VERDICT_RATE, 429, "rate_limited"},
        {VERDICT_DRAINING, 503, "draining"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(verdict_status(rows[i].verdict), rows[i].status);
        assert_string_equal(verdict_code(rows[i].verdict), rows[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verdict_has_status_code_and_sentence),
        cmocka_unit_test(codes_are_distinct),
        cmocka_unit_test(published_verdicts_keep_their_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
