/* SPDX-License-Identifier: MIT */
#include "base/buf.h"
#include "deploy/require_scan.h"
#include "test.h"
#include <string.h>

static void expect(const char *source, const char *wanted)
{
    struct require_scan s;
    struct text name;
    struct buf got;
    int line;
    buf_init(&got, 4096);
    buf_str(&got, "");
    require_scan_init(&s, text_of(source));
    while (require_scan_next(&s, &name, &line))
        buf_printf(&got, "%s%.*s:%d", got.len ? " " : "", (int)name.len, name.data, line);
    if (strcmp(got.data ? got.data : "", wanted) != 0)
        fail_msg("%s\ngave \"%s\", not \"%s\"", source, got.data ? got.data : "", wanted);
    buf_done(&got);
}

static void every_way_to_call_require_is_seen(void **state)
{
    (void)state;
    expect("require \"lib.a\"", "lib.a:1");
    expect("require 'lib.a'", "lib.a:1");
    expect("require[[lib.a]]", "lib.a:1");
    expect("require [==[lib.a]==]", "lib.a:1");
    expect("require [[\nlib.a]]", "lib.a:1");
    expect("require('lib.a')", "lib.a:1");
    expect("require ( \"lib.a\" ).go()", "lib.a:1");
    expect("require(\n  -- which?\n  [[lib.a]]\n)", "lib.a:1");
    expect("local a, b = require 'lib.a', require 'lib.b'\nlocal c = require 'lib.c'",
           "lib.a:1 lib.b:1 lib.c:2");
    expect("return require--[[ a comment ]]'lib.a'", "lib.a:1");
    expect("x = y .. require 'lib.a'", "lib.a:1");
    expect("x = require 'lib.a'.y", "lib.a:1");
    expect("f(...)require'lib.a'", "lib.a:1");
    expect("::again::require'lib.a'", "lib.a:1");
    expect("require 'http'", "http:1");
    expect("#!/usr/bin/env lua\nrequire 'lib.a'", "lib.a:2");
    expect("\xef\xbb\xbfrequire 'lib.a'", "lib.a:1");
    expect("x = a[b[1]] require 'lib.a'", "lib.a:1");
    expect("x = a[ [[k]] ] require 'lib.a'", "lib.a:1");
}

static void comments_and_strings_are_passed_over(void **state)
{
    (void)state;
    expect("-- require 'lib.a'\nrequire 'lib.b'", "lib.b:2");
    expect("--[[ require 'lib.a'\n]] require 'lib.b'", "lib.b:2");
    expect("--[==[ require 'lib.a' ]] ]=] ]==] require 'lib.b'", "lib.b:1");
    expect("---[[ one line\nrequire 'lib.b'", "lib.b:2");
    expect("--[=x require 'lib.a'\nrequire 'lib.b'", "lib.b:2");
    expect("x = \"require 'lib.a'\"", "");
    expect("x = 'a \\' require \"lib.a\"'", "");
    expect("x = 'a \\\\' require 'lib.b'", "lib.b:1");
    expect("x = 'line \\\n require \"lib.a\"' require 'lib.b'", "lib.b:2");
    expect("x = [[ require 'lib.a' ]] .. [=[ ]] require 'lib.a' ]=]", "");
    expect("-- ends here", "");
    expect("--[[ never closed require 'lib.a'", "");
    expect("x = [[ never closed require 'lib.a'", "");
    expect("x = 'never closed\nrequire 'lib.b'", "lib.b:2");
    expect("x = 'ends in \\", "");
}

static void other_words_are_not_require(void **state)
{
    (void)state;
    expect("required 'lib.a'", "");
    expect("my_require 'lib.a'", "");
    expect("x.require 'lib.a'", "");
    expect("x : require 'lib.a'", "");
    expect("x. --[[ ]] require 'lib.a'", "");
    expect("require(name)", "");
    expect("require('lib.' .. name)", "");
    expect("require('lib.a', 1)", "");
    expect("require { 'lib.a' }", "");
    expect("require '\\108ib.a'", "");
    expect("require", "");
    expect("require(", "");
    expect("require 'lib.a", "lib.a:1");
    expect("local require = require require 'lib.a'", "lib.a:1");
    expect("require(require 'lib.a')", "lib.a:1");
    expect("", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_to_call_require_is_seen),
        cmocka_unit_test(comments_and_strings_are_passed_over),
        cmocka_unit_test(other_words_are_not_require),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
