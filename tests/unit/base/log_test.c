/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/log.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char line[2 * LOG_LINE];
static int saved_stderr, pipes[2];

/* What log_line writes goes into a pipe until captured() is called. */
static void capture(void)
{
    assert_int_equal(pipe(pipes), 0);
    saved_stderr = dup(STDERR_FILENO);
    dup2(pipes[1], STDERR_FILENO);
    close(pipes[1]);
}

static const char *captured(void)
{
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    size_t len = 0;
    ssize_t got;
    while ((got = read(pipes[0], line + len, sizeof line - 1 - len)) > 0)
        len += (size_t)got;
    close(pipes[0]);
    line[len] = '\0';
    return line;
}

static void log_line_has_time_level_run_and_text(void **state)
{
    (void)state;
    capture();
    log_info("run_1", "finished code=%d", 7);
    const char *got = captured();
    assert_int_equal(got[4], '-');
    assert_int_equal(got[23], 'Z');
    assert_string_equal(got + 24, " info  run=run_1 finished code=7\n");
}

static void log_line_without_run(void **state)
{
    (void)state;
    capture();
    log_error(NULL, "down");
    assert_string_equal(captured() + 24, " error down\n");
}

static void log_escapes_control_characters(void **state)
{
    (void)state;
    capture();
    log_warn("a\nb", "x\n2026 forged\r\t\x1b[31m\x7f \xc2\x9b \xc3\xa4");
    assert_string_equal(captured() + 24,
                        " warn  run=a\\nb x\\n2026 forged\\r\\t\\x1b[31m\\x7f \\x9b \xc3\xa4\n");
}

static void log_line_is_cut_and_still_ends(void **state)
{
    (void)state;
    static char huge[3 * LOG_LINE];
    for (int fill = 0; fill < 2; fill++) {
        memset(huge, fill ? '\n' : 'x', sizeof huge - 1);
        capture();
        log_info(huge, "%s", huge);
        size_t len = strlen(captured());
        assert_in_range(len, LOG_LINE - 8, LOG_LINE);
        assert_int_equal(line[len - 1], '\n');
        assert_ptr_equal(strchr(line, '\n'), line + len - 1);
    }
}

static void log_below_the_level_is_silent(void **state)
{
    (void)state;
    assert_int_equal(log_level_get(), LOG_INFO);
    capture();
    log_debug(NULL, "quiet");
    log_level_set(LOG_OFF);
    log_error(NULL, "quiet");
    log_level_set(LOG_DEBUG);
    log_debug(NULL, "heard");
    log_level_set(LOG_INFO);
    assert_string_equal(captured() + 24, " debug heard\n");
}

static void log_keeps_errno(void **state)
{
    (void)state;
    capture();
    errno = ENOSPC;
    log_info(NULL, "x");
    int after = errno;
    captured();
    assert_int_equal(after, ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_line_has_time_level_run_and_text),
        cmocka_unit_test(log_line_without_run),
        cmocka_unit_test(log_escapes_control_characters),
        cmocka_unit_test(log_line_is_cut_and_still_ends),
        cmocka_unit_test(log_below_the_level_is_silent),
        cmocka_unit_test(log_keeps_errno),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
