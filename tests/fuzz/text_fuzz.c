/* SPDX-License-Identifier: MIT */
/* The small grammars of base/text.h: any text through all of them. */
#include "fuzz.h"

static void check_utf8(struct text t)
{
    struct text rest = t;
    size_t count = 0;
    for (size_t step; rest.len && (step = text_utf8_step(rest)) > 0; count++) {
        FUZZ_CHECK(step <= 4 && step <= rest.len, "a step of %zu", step);
        rest.data += step;
        rest.len -= step;
    }
    FUZZ_CHECK(text_utf8_ok(t) == (rest.len == 0), "ok or not");
    FUZZ_CHECK(rest.len || text_utf8_count(t) == count, "count");
}

static void check_numbers(struct text t)
{
    int64_t n = -1;
    uint64_t u;
    if (text_duration_ms(t, &n))
        FUZZ_CHECK(n >= 0, "a duration of %lld", (long long)n);
    if (text_size_bytes(t, &n))
        FUZZ_CHECK(n >= 0, "a size of %lld", (long long)n);
    if (text_u64(t, &u)) {
        char digits[32];
        snprintf(digits, sizeof digits, "%llu", (unsigned long long)u);
        while (t.len > 1 && *t.data == '0') {
            t.data++;
            t.len--;
        }
        fuzz_same(text_of(digits), t, "a number");
    }
}

static void check_percent(struct text t)
{
    size_t bytes = 0;
    char *out = malloc(t.len + 1);
    if (text_percent_decode(t, out, &bytes))
        FUZZ_CHECK(bytes <= t.len && !memchr(out, '\0', bytes), "decoded");
    free(out);
}

static void check_query(struct text t)
{
    char out[40];
    memset(out, 'x', sizeof out);
    int times = text_query(t, "a", out, sizeof out);
    FUZZ_CHECK(times < 0 || memchr(out, '\0', sizeof out), "the value does not end");
    FUZZ_CHECK(times != 0 || out[0] == '\0', "a value of nothing");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"filter", "limits", "instruction", "é", "", NULL};
    char *copy = fuzz_copy(fuzz_text(data, size)), time[TEXT_TIME];
    struct text t = {copy, size}, trimmed = text_trim(t);
    FUZZ_CHECK(trimmed.len <= t.len && trimmed.data >= t.data, "trimmed");
    check_utf8(t);
    check_numbers(t);
    check_percent(t);
    check_query(t);
    (void)text_nearest(t, names);
    struct text numbers = t;
    text_time((int64_t)fuzz_number(&numbers, 8), time);
    FUZZ_CHECK(memchr(time, '\0', sizeof time), "the time does not end");
    free(copy);
    return 0;
}
