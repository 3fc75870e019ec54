/* SPDX-License-Identifier: MIT */
#include "harness.h"

static void hello_runs_to_its_end(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig);
    rig_load(&rig, 1,
             "return trigger { run = function(event) return { hello = event.body.n } end }");
    assert_string_equal(rig_go(&rig),
                        "1 loaded {\"line\":1,\"declaration\":{\"run\":{\"$function\":1}}}\n");
    rig_start(&rig, 7);
    assert_string_equal(rig_go(&rig), "7 admitted -\n7 finished {\"hello\":1}\n");
    rig_done(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_runs_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
