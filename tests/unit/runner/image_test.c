/* SPDX-License-Identifier: MIT */
#include "harness.h"

static const char *const bodies[] = {
    "return { event.body.n, math.random(1000000), host.random(), host.now(), host.run_id() }",
    "counter = (counter or 0) + 1 string.own = counter return counter",
    "local t = {} for k, v in pairs(event) do t[#t + 1] = k end return { t, event.at }",
    "local a = host.spawn(function() return host.op('x', 'a') end)\n"
    "local b = host.spawn(function() return host.op('x', 'b') end)\n"
    "return { host.join_any { a, b }, select(2, host.join(a)), os.time(), tostring({}) }",
    "local sum = 0 for i = 1, 3 do flow.log(i) sum = sum + select(2, host.op('n')) end return sum",
    "local t = {} for i = 1, 50000 do t[i] = { i } end return #t",
    "error { code = 'own', message = 'x' }",
    "return require 'probe' == host and require 'json'.encode(event)",
    "while true do end",
    "return trigger",
};

/* Runs a body three times and gives all that was sent. */
static char *run_thrice(const char *body, bool images)
{
    struct rig rig;
    struct buf said;
    rig_init(&rig);
    rig.loop.images.off = !images;
    buf_init(&said, 1 << 20);
    rig_load(&rig, 1, rig_body(body));
    buf_str(&said, rig_go(&rig));
    for (uint64_t run = 1; run <= 3; run++) {
        struct frame_start s = rig_defaults;
        s.seed = run;
        s.cpu_ms = 50;
        s.at_ms += (int64_t)run * 1000;
        frame_put_start(&rig.in, run, &s);
        buf_str(&said, rig_go(&rig));
        for (uint32_t step = 1; step <= 3; step++) {
            rig_answer(&rig, run, step, "4");
            buf_str(&said, rig_go(&rig));
        }
    }
    assert_int_equal(rig.loop.images.bytes > 0, images);
    rig_done(&rig);
    return buf_take(&said);
}

static void an_image_and_a_load_say_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        char *loaded = run_thrice(bodies[i], false), *copied = run_thrice(bodies[i], true);
        assert_string_equal(loaded, copied);
        free(loaded);
        free(copied);
    }
}

static void nothing_of_a_run_stays_for_the_next(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_load_body(&rig, "local old = left left = 'here' string.x = 1\n"
                        "getmetatable('').y = 1 return { old == nil }");
    for (int i = 0; i < 3; i++) {
        rig_start(&rig, 7);
        assert_string_equal(rig_go(&rig) + 13,
                            "7 failed script.error p/k.lua:4: attempt to index a boolean value "
                            "p/k.lua:4\n");
    }
    rig_done(&rig);
}

static void parked_runs_take_slots_and_give_them_back(void **state)
{
    (void)state;
    enum { RUNS = 1000 };
    struct rig rig;
    rig_init(&rig);
    rig_load_body(&rig, "local ok, v = host.op('sleep') return { event.body.n, v }");
    for (uint64_t run = 1; run <= RUNS; run++) {
        char event[64];
        snprintf(event, sizeof event, "{\"body\":{\"n\":%d}}", (int)run);
        rig_start_event(&rig, run, event);
    }
    const char *said = rig_go(&rig);
    assert_non_null(strstr(said, "1000 admitted -\n1000 op 1 sleep - -\n1000 idle 0\n"));
    for (uint64_t run = RUNS; run >= 1; run--)
        rig_answer(&rig, run, 1, "0");
    said = rig_go(&rig);
    for (int run = 1; run <= RUNS; run++) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, "%d finished [%d,0]\n", run, run);
        assert_non_null(strstr(said, wanted));
    }
    assert_int_equal(slot_take(&rig.loop.slots), 0);
    slot_give(&rig.loop.slots, 0);
    rig_done(&rig);
}

static void images_stay_within_their_budget(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    for (uint64_t version = 1; version <= 40; version++) {
        rig_load(
            &rig, version,
            "local big = string.rep('x', 300000) return trigger { run = function() return #big end }");
        rig_go(&rig);
        assert_true(rig.loop.images.bytes <= IMAGE_BUDGET);
    }
    assert_true(rig.loop.images.bytes > IMAGE_BUDGET / 2);
    for (uint64_t version = 1; version <= 40; version++) {
        struct frame_start s = rig_defaults;
        s.version = version;
        frame_put_start(&rig.in, 7, &s);
        assert_string_equal(rig_go(&rig), "7 admitted -\n7 finished 300000\n");
        rig_put(&rig, FRAME_UNLOAD, version);
    }
    rig_go(&rig);
    assert_int_equal(rig.loop.images.bytes, 0);
    rig_done(&rig);
}

static void a_limit_below_the_image_kills(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_load(
        &rig, 1,
        "local t = {} for i = 1, 5000 do t[i] = { i } end return trigger { run = function() return #t end }");
    rig_go(&rig);
    for (int images = 1; images >= 0; images--) {
        struct frame_start s = rig_defaults;
        s.memory_bytes = 200 << 10;
        rig.loop.images.off = !images;
        frame_put_start(&rig.in, 7, &s);
        assert_non_null(
            strstr(rig_go(&rig), "7 failed limit.memory the run needs more than 200 KB"));
        if (images) {
            rig_put(&rig, FRAME_UNLOAD, 1);
            rig_load(
                &rig, 1,
                "local t = {} for i = 1, 5000 do t[i] = { i } end return trigger { run = print }");
            rig.loop.images.off = true;
            rig_go(&rig);
        }
    }
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_and_a_load_say_the_same),
        cmocka_unit_test(nothing_of_a_run_stays_for_the_next),
        cmocka_unit_test(parked_runs_take_slots_and_give_them_back),
        cmocka_unit_test(images_stay_within_their_budget),
        cmocka_unit_test(a_limit_below_the_image_kills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
