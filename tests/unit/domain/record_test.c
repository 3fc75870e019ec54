/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/json.h"
#include "domain/record.h"
#include <stdlib.h>
#include <string.h>

static const int64_t noon = 1795262400123; /* 2026-11-21T12:00:00.123Z */

static const struct record samples[] = {
    {.type = RECORD_RUN_ACCEPTED, .flags = RECORD_INPUT, .at_ms = 1, .data = {"{}", 2}},
    {.type = RECORD_STEP_COMPLETED,
     .flags = RECORD_INPUT,
     .at_ms = INT64_MAX,
     .step = UINT32_MAX,
     .attempt = 3,
     .hash = UINT64_MAX,
     .name = {"order \"x\"", 9},
     .kind = {"http", 4},
     .data = {"{\"status\":200}", 14}},
    {.type = RECORD_LOG, .flags = RECORD_OUTPUT, .at_ms = -1, .name = {"", 0}},
    {.type = RECORD_RUN_TIMED_OUT},
};

static void write_samples(struct buf *chunk)
{
    buf_init(chunk, 4096);
    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        record_write(chunk, &samples[i]);
    assert_false(chunk->full);
}

static void records_come_back_as_written(void **state)
{
    (void)state;
    struct buf chunk;
    write_samples(&chunk);
    struct text rest = buf_view(&chunk);
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        const struct record *want = &samples[i];
        struct record got;
        assert_true(record_next(&rest, &got));
        assert_int_equal(got.type, want->type);
        assert_int_equal(got.flags, want->flags);
        assert_true(got.at_ms == want->at_ms && got.hash == want->hash);
        assert_int_equal(got.step, want->step);
        assert_int_equal(got.attempt, want->attempt);
        assert_true(text_eq(got.name, want->name)); /* absent and empty differ */
        assert_true(text_eq(got.kind, want->kind));
        assert_true(text_eq(got.data, want->data));
    }
    struct record none;
    assert_int_equal(rest.len, 0);
    assert_false(record_next(&rest, &none));
    buf_done(&chunk);
}

static void layout_is_the_documented_one(void **state)
{
    (void)state;
    static const unsigned char want[] = {
        39, 0, 0, 0, 9, 2, 1, 0, 0, 0, 0, 0, 0,   0,    2,    0,    0,    0, 3, 0, 0, 0,
        4,  0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 'a', 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
    };
    const struct record r = {.type = RECORD_LOG,
                             .flags = RECORD_OUTPUT,
                             .at_ms = 1,
                             .step = 2,
                             .attempt = 3,
                             .hash = 4,
                             .name = TEXT("a"),
                             .data = {"", 0}};
    struct buf chunk;
    buf_init(&chunk, 100);
    record_write(&chunk, &r);
    assert_int_equal(chunk.len, sizeof want);
    assert_memory_equal(chunk.data, want, sizeof want);
    buf_done(&chunk);
}

static void every_cut_is_noticed(void **state)
{
    (void)state;
    struct buf chunk;
    write_samples(&chunk);
    for (size_t len = 0; len < chunk.len; len++) {
        char *copy = malloc(len + 1); /* exact, so that a read beyond is caught */
        copy = realloc(copy, len ? len : 1);
        memcpy(copy, chunk.data, len);
        struct text rest = {copy, len};
        struct record r;
        size_t seen = 0;
        while (record_next(&rest, &r))
            seen++;
        assert_true(seen < ARRAY_LEN(samples));
        free(copy);
    }
    buf_done(&chunk);
}

static void damage_is_refused_and_nothing_is_taken(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        unsigned char byte;
    } rows[] = {
        {0, 38},   {0, 40}, {3, 0xff},  {4, RECORD_NONE}, {4, RECORD_TYPES},
        {4, 0xff}, {30, 2}, {33, 0x80}, {35, 0},          {39, 1},
    };
    const struct record r = {.type = RECORD_LOG, .name = TEXT("a"), .data = {"", 0}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf chunk;
        buf_init(&chunk, 100);
        record_write(&chunk, &r);
        chunk.data[rows[i].at] = (char)rows[i].byte;
        struct text rest = buf_view(&chunk);
        struct record got = {.step = 77};
        assert_false(record_next(&rest, &got));
        assert_int_equal(rest.len, chunk.len);
        assert_int_equal(got.step, 77);
        buf_done(&chunk);
    }
}

static void a_full_chunk_stays_whole(void **state)
{
    (void)state;
    struct buf chunk;
    buf_init(&chunk, 50);
    record_write(&chunk, &samples[3]);
    size_t len = chunk.len;
    record_write(&chunk, &samples[1]);
    assert_true(chunk.full);
    assert_int_equal(chunk.len, len);
    buf_done(&chunk);
}

static void check_render(const struct record *r, bool sse, bool names, const char *want)
{
    struct buf out;
    buf_init(&out, 4096);
    if (sse)
        record_render_sse(&out, "run_1", 7, r, names);
    else
        record_render(&out, "run_1", 7, r);
    assert_string_equal(out.data, want);
    buf_done(&out);
}

static void an_event_has_the_contracts_shape(void **state)
{
    (void)state;
    const struct record plain = {.type = RECORD_RUN_STARTED, .at_ms = noon};
    check_render(&plain, false, false,
                 "{\"v\":1,\"run\":\"run_1\",\"seq\":7,\"at\":\"2026-11-21T12:00:00.123Z\","
                 "\"type\":\"run.started\"}");
    const struct record step = {.type = RECORD_STEP_COMPLETED,
                                .at_ms = noon,
                                .step = 2,
                                .attempt = 1,
                                .name = TEXT("a \"b\"\n"),
                                .kind = TEXT("http"),
                                .data = TEXT("{\"ok\":true}")};
    check_render(&step, false, false,
                 "{\"v\":1,\"run\":\"run_1\",\"seq\":7,\"at\":\"2026-11-21T12:00:00.123Z\","
                 "\"type\":\"step.completed\",\"step\":{\"n\":2,\"name\":\"a \\\"b\\\"\\n\","
                 "\"kind\":\"http\",\"attempt\":1},\"data\":{\"ok\":true}}");
    const struct record bare = {.type = RECORD_STEP_STARTED, .at_ms = noon, .step = 2};
    check_render(&bare, false, false,
                 "{\"v\":1,\"run\":\"run_1\",\"seq\":7,\"at\":\"2026-11-21T12:00:00.123Z\","
                 "\"type\":\"step.started\",\"step\":{\"n\":2,\"attempt\":0}}");
}

static void sse_events_carry_id_and_data(void **state)
{
    (void)state;
    const struct record r = {.type = RECORD_LOG, .at_ms = noon, .data = TEXT("1")};
    check_render(&r, true, false,
                 "id: 7\ndata: {\"v\":1,\"run\":\"run_1\",\"seq\":7,"
                 "\"at\":\"2026-11-21T12:00:00.123Z\",\"type\":\"log\",\"data\":1}\n\n");
    check_render(&r, true, true,
                 "id: 7\nevent: log\ndata: {\"v\":1,\"run\":\"run_1\",\"seq\":7,"
                 "\"at\":\"2026-11-21T12:00:00.123Z\",\"type\":\"log\",\"data\":1}\n\n");
}

static void line_ends_in_data_cannot_forge_an_event(void **state)
{
    (void)state;
    const struct record r = {.type = RECORD_LOG, .at_ms = noon, .data = TEXT("[1,\n\r2]")};
    check_render(&r, true, false,
                 "id: 7\ndata: {\"v\":1,\"run\":\"run_1\",\"seq\":7,"
                 "\"at\":\"2026-11-21T12:00:00.123Z\",\"type\":\"log\",\"data\":[1,  2]}\n\n");
}

static void rendered_events_are_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        struct buf out;
        buf_init(&out, 4096);
        struct record r = samples[i];
        r.at_ms = noon;
        record_render(&out, "run_1", i + 1, &r);
        struct error err;
        cJSON *tree = json_parse(buf_view(&out), &err);
        assert_non_null(tree);
        assert_string_equal(json_string(tree, "type"), record_type_name(r.type));
        cJSON_Delete(tree);
        buf_done(&out);
    }
}

static void only_the_four_ends_are_final(void **state)
{
    (void)state;
    for (int type = RECORD_NONE; type < RECORD_TYPES; type++)
        assert_int_equal(record_is_final((enum record_type)type), type >= RECORD_RUN_COMPLETED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_back_as_written),
        cmocka_unit_test(layout_is_the_documented_one),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(damage_is_refused_and_nothing_is_taken),
        cmocka_unit_test(a_full_chunk_stays_whole),
        cmocka_unit_test(an_event_has_the_contracts_shape),
        cmocka_unit_test(sse_events_carry_id_and_data),
        cmocka_unit_test(line_ends_in_data_cannot_forge_an_event),
        cmocka_unit_test(rendered_events_are_json),
        cmocka_unit_test(only_the_four_ends_are_final),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
