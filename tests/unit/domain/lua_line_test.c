/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "domain/manifest/lua_line.h"

static const char script[] = "#!/usr/bin/lua\n"                                      /* 1 */
                             "local name = { wait = 1 } -- limits = {\n"             /* 2 */
                             "local long = [==[\n"                                   /* 3 */
                             "  return trigger { unique = true } ]] ]=]\n"           /* 4 */
                             "]==]\n"                                                /* 5 */
                             "local t = {} return trigger { name = \"a\\\"{\",\n"    /* 6 */
                             "  -- wait = \"1s\",\n"                                 /* 7 */
                             "  --[[ wait = 1,\n"                                    /* 8 */
                             "  wait = 2, ]]\n"                                      /* 9 */
                             "  run = function(event, flow)\n"                       /* 10 */
                             "    local wait, x = 3, { wait = 4 }\n"                 /* 11 */
                             "    wait = 5\n"                                        /* 12 */
                             "    if x == 3 then while true do unique = 3 end end\n" /* 13 */
                             "    repeat local unique = 3 until true\n"              /* 14 */
                             "  end,\n"                                              /* 15 */
                             "  wait = \"1s\";\n"                                    /* 16 */
                             "  ['unique'] = true,\n"                                /* 17 */
                             "  [ \"run-it\" ] = 1, body == 3,\n"                    /* 18 */
                             "  limits = {\n"                                        /* 19 */
                             "    cpu = '1s',\n"                                     /* 20 */
                             "    memory = 1,\n"                                     /* 21 */
                             "  },\n"                                                /* 22 */
                             "  memory = 2,\n"                                       /* 23 */
                             "  filter = {\n"                                        /* 24 */
                             "    { 'a', '=', 1 },\n"                                /* 25 */
                             "    { any = {\n"                                       /* 26 */
                             "      { 'b', '<', 1 }, { 'c',\n"                       /* 27 */
                             "        '=<', 1 } } },\n"                              /* 28 */
                             "    7,\n"                                              /* 29 */
                             "  },\n"                                                /* 30 */
                             "}\n"                                                   /* 31 */
                             "paused = 1";                                           /* 32 */

static void fields_are_found_on_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int line;
    } rows[] = {
        {"name", 6},
        {"run", 10},
        {"wait", 16},
        {"unique", 17},
        {"run-it", 18},
        {"body", 6},
        {"limits", 19},
        {"limits.cpu", 20},
        {"limits.memory", 21},
        {"limits.steps", 19},
        {"memory", 23},
        {"filter[1]", 25},
        {"filter[2]", 26},
        {"filter[2].any[1]", 27},
        {"filter[2].any[2]", 27},
        {"filter[3]", 29},
        {"filter[4]", 24},
        {"filter[2].not", 26},
        {"paused", 6},
        {"gone", 6},
        {"", 6},
        {"filter[", 24},
        {"filter[x]", 24},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int line = lua_line_find(text_of(script), 6, rows[i].path);
        if (line != rows[i].line)
            fail_msg("%s: %d", rows[i].path, line);
    }
}

static void odd_sources_end_the_search(void **state)
{
    (void)state;
    static const char *const sources[] = {
        "",
        "\n\n",
        "trigger",
        "trigger {",
        "trigger { wait",
        "trigger { wait = ",
        "--[[ never",
        "x = [=[ never",
        "'never\\",
        "\"never\\\"",
        "trigger { [ 'wait'",
        "}}} end end",
        "[",
        "--",
        "trigger { 'a', [[b]], \\",
    };
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        size_t len = text_of(sources[i]).len;
        char *exact = test_malloc(len ? len : 1); /* so that a read beyond is caught */
        for (size_t k = 0; k < len; k++)
            exact[k] = sources[i][k];
        lua_line_find((struct text){exact, len}, 1, "wait.x[3]");
        assert_int_equal(lua_line_find((struct text){exact, len}, 9, "wait"), 9);
        test_free(exact);
    }
    assert_int_equal(lua_line_find(TEXT_NONE, 4, "wait"), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_found_on_their_line),
        cmocka_unit_test(odd_sources_end_the_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
