/* SPDX-License-Identifier: MIT */
#include "cmd/command.h"
#include "cmd/options.h"
#include "cmd/out.h"
#include "engine/run_state.h"
#include <stdio.h>

static int run(int argc, char **argv);

const struct command command_dev = {
    .name = "dev",
    .summary = "what is inside, for those who work on moontide",
    .help = "usage: moontide dev states\n"
            "\n"
            "  states    the life of a run as a picture: a mermaid stateDiagram-v2 on standard\n"
            "            output, made from the table that the host runs by. An edge says what\n"
            "            happens, and which file of host/engine/ makes it happen.\n"
            "            host/README.md shows it between <!-- states --> and <!-- /states -->\n"
            "\n"
            "exit status: 0 fine, 2 wrong usage\n",
    .run = run,
};

static int print_states(void)
{
    struct buf b;
    buf_init(&b, 64 << 10);
    run_state_draw(&b);
    fwrite(b.data, 1, b.len, stdout);
    buf_done(&b);
    return out_end(command_dev.name);
}

static const char *const verbs[] = {"states", NULL};
static int (*const actions[])(void) = {print_states};

static int run(int argc, char **argv)
{
    struct strings words = {0};
    struct error err = {0};
    size_t verb;
    const struct option_row rows[] = {{0}};
    if (options_read(argc, argv, rows, &words) != 0)
        return 2;
    if (!options_verb(&words, verbs, &verb, &err))
        return out_usage(argv[0], &err);
    if (words.count > 1) {
        error_set(&err, ERROR_INVALID, "one word too many: \"%s\"", words.at[1]);
        return out_usage(argv[0], &err);
    }
    return actions[verb]();
}
