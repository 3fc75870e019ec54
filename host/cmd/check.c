/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "cmd/command.h"
#include "cmd/compile.h"
#include "cmd/settings.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct tally {
    const char *folder, *only; /* only: "support/refund.lua", or NULL for all */
    int good, bad;
};

static void report(void *arg, const char *project, const char *key, const char *error)
{
    struct tally *t = arg;
    char name[160];
    snprintf(name, sizeof name, "%s/%s.lua", project, key);
    if (t->only && strcmp(t->only, name) != 0)
        return;
    if (error)
        printf("%s/%s\n", t->folder, error);
    else
        printf("%s/%s: ok\n", t->folder, name);
    t->good += !error;
    t->bad += error != NULL;
}

/* "scripts/support/refund.lua" is the trigger support/refund.lua of the folder scripts. */
static bool split_file(const char *path, char folder[4096], char name[160])
{
    const char *slash = strrchr(path, '/');
    const char *before = slash ? memrchr(path, '/', (size_t)(slash - path)) : NULL;
    if (!slash)
        return false;
    const char *start = before ? before + 1 : path;
    snprintf(name, 160, "%s", start);
    snprintf(folder, 4096, "%.*s", before ? (int)(before - path) : 1, before ? path : ".");
    return true;
}

static int check_one(struct config *config, const char *word, struct tally *t)
{
    char folder[4096], name[160];
    struct stat st;
    struct error err;
    if (stat(word, &st) != 0) {
        fprintf(stderr, "moontide: %s: no such file or folder\n", word);
        return 1;
    }
    bool file = S_ISREG(st.st_mode);
    if (file && !split_file(word, folder, name)) {
        fprintf(
            stderr,
            "moontide: %s: a trigger's path is SCRIPTS/PROJECT/KEY.lua; give at least PROJECT/KEY.lua\n",
            word);
        return 1;
    }
    free(config->scripts);
    config->scripts = mem_text(file ? folder : word);
    t->folder = config->scripts;
    t->only = file ? name : NULL;
    int before = t->good + t->bad;
    if (!compile_scripts(config, report, t, &err)) {
        fprintf(stderr, "moontide: %s\n", err.text);
        return 1;
    }
    if (file && t->good + t->bad == before) {
        fprintf(
            stderr,
            "moontide: %s is not a trigger: expected SCRIPTS/PROJECT/KEY.lua with names of a-z A-Z 0-9 _ -\n",
            word);
        return 1;
    }
    return 0;
}

static int run(int argc, char **argv)
{
    const char **words = mem_zero((size_t)argc + 1, sizeof *words);
    int count = 0, failed = 0;
    struct config *config = settings_read(argc, argv, words, &count);
    struct tally t = {0};
    if (!config) {
        free(words);
        return 2;
    }
    char *scripts = mem_text(config->scripts);
    if (count == 0)
        words[count++] = scripts;
    for (int i = 0; i < count; i++)
        failed |= check_one(config, words[i], &t);
    printf("%d ok, %d broken\n", t.good, t.bad);
    config_free(config);
    free(scripts);
    free(words);
    return failed || t.bad > 0;
}

const struct command command_check = {
    .name = "check",
    .summary = "compile and check triggers, as serve would",
    .help =
        "usage: moontide check [DIR|FILE...] [--scripts DIR]\n\n"
        "Compiles every trigger in a sandbox and checks its declaration, exactly as `moontide serve`\n"
        "does, and prints one line each: \"PATH: ok\", or \"PATH:LINE: what is wrong\". Without an argument\n"
        "it checks the scripts folder (--scripts, MOONTIDE_SCRIPTS, default \"scripts\") and the settings\n"
        "in its host.lua.\n\n"
        "exit status: 0 all are fine, 1 something is broken, 2 the command line or the settings are wrong\n\n"
        "examples:\n  moontide check\n  moontide check scripts/support/refund.lua\n",
    .run = run,
};
