/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "wire/frame.h"
#include "wire/record_type.h"
#include <stdlib.h>
#include <string.h>

static struct buf new_buf(void)
{
    struct buf b;
    buf_init(&b, 16 << 20);
    return b;
}

static struct frame only_frame(const struct buf *b)
{
    struct frame f;
    size_t used = 0;
    assert_int_equal(frame_next(b->data, b->len, &f, &used), 1);
    assert_int_equal(used, b->len);
    return f;
}

static void bytes_on_the_wire_are_little_endian(void **state)
{
    (void)state;
    static const unsigned char wanted[] = {
        14, 0,    0,    0,    69,   0,    0, 0, 8, 7, 6,   5,   4,   3,   2,
        1,  0x44, 0x33, 0x22, 0x11, 0xfe, 2, 0, 0, 0, 'o', 'k', 255, 255, 255,
    };
    struct buf b = new_buf();
    size_t mark = frame_begin(&b, FRAME_RECORD, 0x0102030405060708);
    frame_put_u32(&b, 0x11223344);
    frame_put_u8(&b, 0xfe);
    frame_put_bytes(&b, TEXT("ok"));
    frame_put_u8(&b, 255);
    frame_put_u8(&b, 255);
    frame_put_u8(&b, 255);
    frame_end(&b, mark);
    assert_int_equal(b.len, sizeof wanted);
    assert_memory_equal(b.data, wanted, sizeof wanted);
    buf_done(&b);
}

static void start_survives_the_way(void **state)
{
    (void)state;
    const struct frame_start out = {
        .version = 1,
        .seed = UINT64_MAX,
        .at_ms = -5,
        .cpu_ms = 250,
        .memory_bytes = 16 << 20,
        .steps = 1000,
        .output_bytes = 7,
        .record_bytes = 8,
        .admit = 1,
        .run_id = TEXT("run_x"),
        .instruction = TEXT_NONE,
        .event = TEXT("{}"),
    };
    struct buf b = new_buf();
    struct frame_reader r;
    struct frame_start in;
    frame_put_start(&b, 77, &out);
    struct frame f = only_frame(&b);
    frame_read(&r, &f);
    frame_get_start(&r, &in);
    assert_true(frame_read_ok(&r));
    assert_int_equal(f.type, FRAME_START);
    assert_int_equal(f.tag, 77);
    assert_true(in.version == 1 && in.seed == UINT64_MAX && in.at_ms == -5 && in.cpu_ms == 250);
    assert_true(in.memory_bytes == 16 << 20 && in.steps == 1000 && in.output_bytes == 7);
    assert_true(in.record_bytes == 8 && in.admit == 1);
    assert_true(text_is(in.run_id, "run_x") && text_is(in.event, "{}"));
    assert_null(in.instruction.data);
    buf_done(&b);
}

static void empty_and_absent_differ(void **state)
{
    (void)state;
    struct buf b = new_buf();
    struct frame_reader r;
    size_t mark = frame_begin(&b, FRAME_ADMITTED, 1);
    frame_put_bytes(&b, TEXT(""));
    frame_put_bytes(&b, TEXT_NONE);
    frame_end(&b, mark);
    struct frame f = only_frame(&b);
    frame_read(&r, &f);
    struct text empty = frame_get_bytes(&r), absent = frame_get_bytes(&r);
    assert_non_null(empty.data);
    assert_int_equal(empty.len, 0);
    assert_null(absent.data);
    assert_true(frame_read_ok(&r));
    buf_done(&b);
}

static void a_frame_in_pieces_waits_for_its_last_byte(void **state)
{
    (void)state;
    struct buf b = new_buf();
    struct frame f;
    size_t used = 0;
    size_t mark = frame_begin(&b, FRAME_DROPPED, 9);
    frame_put_bytes(&b, TEXT("amount too high"));
    frame_end(&b, mark);
    for (size_t len = 0; len < b.len; len++) {
        char *part = malloc(len + 1); /* of its own, so that a read beyond it shows */
        memcpy(part, b.data, len);
        assert_int_equal(frame_next(part, len, &f, &used), 0);
        free(part);
    }
    assert_int_equal(frame_next(b.data, b.len, &f, &used), 1);
    buf_done(&b);
}

static void broken_headers_are_told(void **state)
{
    (void)state;
    static const struct {
        unsigned char header[FRAME_HEADER];
        int wanted;
    } cases[] = {
        {{0, 0, 0, 0, FRAME_DROP}, 1},           {{0, 0, 0, 0, 0}, -1}, /* no type */
        {{0, 0, 0, 0, FRAME_DROP + 1}, -1},                             /* a type that is none */
        {{0, 0, 0, 0, FRAME_IDLE + 1}, -1},                             /* nor this one */
        {{0, 0, 0, 0, FRAME_DROP, 1}, -1},       /* what must be zero is not */
        {{0, 0, 0, 0, FRAME_DROP, 0, 0, 1}, -1}, /* */
        {{1, 0, 0x80, 0, FRAME_DROP}, -1},       /* one byte over FRAME_MAX */
        {{0, 0, 0x80, 0, FRAME_DROP}, 0},        /* just FRAME_MAX: more is to come */
        {{255, 255, 255, 255, FRAME_DROP}, -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct frame f;
        size_t used = 0;
        assert_int_equal(frame_next((const char *)cases[i].header, FRAME_HEADER, &f, &used),
                         cases[i].wanted);
    }
}

static void fields_too_few_or_too_many_are_told(void **state)
{
    (void)state;
    struct buf b = new_buf();
    struct frame_reader r;
    size_t mark = frame_begin(&b, FRAME_OP_CANCEL, 1);
    frame_put_u32(&b, 5);
    frame_end(&b, mark);
    struct frame f = only_frame(&b);

    frame_read(&r, &f);
    assert_false(frame_read_ok(&r)); /* left over */
    assert_int_equal(frame_get_u32(&r), 5);
    assert_true(frame_read_ok(&r));
    assert_int_equal(frame_get_u8(&r), 0); /* beyond the end */
    assert_false(frame_read_ok(&r));

    frame_read(&r, &f);
    assert_int_equal(frame_get_u64(&r), 0); /* more than there is */
    assert_false(frame_read_ok(&r));
    assert_int_equal(frame_get_u32(&r), 0); /* the first mistake sticks */

    frame_read(&r, &f);
    assert_null(frame_get_bytes(&r).data); /* says 5 bytes, has none */
    assert_false(frame_read_ok(&r));
    buf_done(&b);
}

static void what_is_too_large_is_not_written(void **state)
{
    (void)state;
    struct buf b = new_buf();
    char *large = calloc(1, FRAME_MAX);
    frame_end(&b, frame_begin(&b, FRAME_READY, 0));
    size_t before = b.len;
    size_t mark = frame_begin(&b, FRAME_FINISHED, 1);
    frame_put_bytes(&b, (struct text){large, FRAME_MAX}); /* with its length it is over */
    frame_end(&b, mark);
    assert_true(b.full);
    assert_int_equal(b.len, before);
    free(large);
    buf_done(&b);
}

static void records_have_names(void **state)
{
    (void)state;
    assert_string_equal(record_type_name(RECORD_LOG), "log");
    assert_string_equal(record_type_name(RECORD_RUN_TIMED_OUT), "run.timed_out");
    assert_string_equal(record_type_name(RECORD_NONE), "unknown");
    assert_string_equal(record_type_name(RECORD_TYPES), "unknown");
    for (int type = 1; type < RECORD_TYPES; type++)
        assert_string_not_equal(record_type_name((enum record_type)type), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_on_the_wire_are_little_endian),
        cmocka_unit_test(start_survives_the_way),
        cmocka_unit_test(empty_and_absent_differ),
        cmocka_unit_test(a_frame_in_pieces_waits_for_its_last_byte),
        cmocka_unit_test(broken_headers_are_told),
        cmocka_unit_test(fields_too_few_or_too_many_are_told),
        cmocka_unit_test(what_is_too_large_is_not_written),
        cmocka_unit_test(records_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
