/* SPDX-License-Identifier: MIT */
#include "runner/run/runner.h"
#include "cmd/command.h"

static int run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return runner_main();
}

const struct command command_runner = {
    .name = "runner",
    .summary = "(internal) the process that holds Lua; started by serve",
    .help =
        "usage: moontide runner\n\nStarted by `moontide serve`. It is of no use by hand: it speaks frames on descriptor 3.\n",
    .run = run,
    .hidden = 1,
};
