/* SPDX-License-Identifier: MIT */
#include "base/attr.h"
#include "base/text.h"
#include "cmd/command.h"
#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
    &command_serve,   &command_check,  &command_trigger, &command_runs,   &command_key,
    &command_webhook, &command_secret, &command_dev,     &command_runner,
};

static int usage(FILE *out)
{
    fputs(
        "moontide " MOONTIDE_VERSION
        " - a self-hosted trigger host: a Lua file in scripts/<project>/, fired by one HTTP call\n\n"
        "usage: moontide COMMAND [OPTIONS]\n\n",
        out);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (!commands[i]->hidden)
            fprintf(out, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n`moontide COMMAND --help` says more. `moontide --version` prints the version.\n", out);
    return out == stdout ? 0 : 2;
}

static int help(const struct command *c)
{
    if (c->print_help)
        c->print_help();
    else
        fputs(c->help, stdout);
    return 0;
}

static int unknown(const char *word)
{
    const char *names[ARRAY_LEN(commands) + 1] = {NULL};
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        names[i] = commands[i]->name;
    const char *near = text_nearest(text_of(word), names);
    fprintf(stderr, "moontide: unknown command \"%s\"%s%s%s\n\n", word,
            near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    return usage(stderr);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return usage(stdout);
    if (strcmp(argv[1], "--version") == 0)
        return puts("moontide " MOONTIDE_VERSION) < 0;
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(argv[1], commands[i]->name) != 0)
            continue;
        for (int a = 2; a < argc && strcmp(argv[a], "--") != 0; a++)
            if (strcmp(argv[a], "--help") == 0 || strcmp(argv[a], "-h") == 0)
                return help(commands[i]);
        return commands[i]->run(argc - 1, argv + 1);
    }
    return unknown(argv[1]);
}
