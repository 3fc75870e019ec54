/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "cmd/check_target.h"
#include "cmd/command.h"
#include "cmd/compile.h"
#include "cmd/settings.h"
#include "deploy/bundle.h"
#include "deploy/scan.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tally {
    struct check_target target;
    int good, bad;
    int reported; /* of this target */
};

static void complain(const char *text)
{
    fprintf(stderr, "moontide: %s\n", text);
}

/* ---- triggers */

/* Whether the target is this file, or holds it. */
static bool is_wanted(const struct check_target *target, const char *path)
{
    size_t len = strlen(target->path);
    if (len == 0 || strcmp(target->path, path) == 0)
        return true;
    return strncmp(target->path, path, len) == 0 && path[len] == '/';
}

static void report(void *arg, const char *path, const char *error)
{
    struct tally *t = arg;
    if (!is_wanted(&t->target, path))
        return;
    if (error)
        printf("%s/%s\n", t->target.scripts, error);
    else
        printf("%s/%s: ok\n", t->target.scripts, path);
    t->good += !error;
    t->bad += error != NULL;
    t->reported++;
}

static void pass_over(void *arg, const char *project, const char *key, const char *path)
{
    (void)arg, (void)project, (void)key, (void)path;
}

/* What looks like a trigger and is none must not be missed: serve logs it. */
static void warn(void *arg, const char *path, const char *why)
{
    const struct tally *t = arg;
    if (is_wanted(&t->target, path))
        fprintf(stderr, "moontide: %s/%s is not a trigger: %s\n", t->target.scripts, path, why);
}

static void complain_of_nothing(const struct check_target *target)
{
    char text[3 * PATH_MAX], holds[128];
    const char *slash = target->path[0] ? "/" : "";
    snprintf(text, sizeof text, "%s%s%s", target->scripts, slash, target->path);
    if (target->kind == CHECK_TRIGGER) {
        fprintf(stderr,
                "moontide: %s is not a trigger: expected SCRIPTS/PROJECT/KEY.lua with names of "
                "a-z A-Z 0-9 _ -\n",
                text);
        return;
    }
    check_target_describe(text, holds, sizeof holds);
    fprintf(stderr,
            "moontide: no trigger is in %s: it holds %s; a trigger is SCRIPTS/PROJECT/KEY.lua, so "
            "give the folder SCRIPTS, SCRIPTS/PROJECT or a file\n",
            text, holds);
}

static bool check_triggers(struct config *config, struct tally *t, struct error *err)
{
    free(config->scripts);
    config->scripts = mem_text(t->target.scripts);
    if (!compile_scripts(config, report, t, err) ||
        !scan_triggers(config->scripts, pass_over, warn, t, err))
        return false;
    if (t->reported == 0) {
        complain_of_nothing(&t->target);
        t->bad++;
    }
    return true;
}

/* ---- modules */

/* path: "lib/mail.lua", "support/lib/mail.lua". A shared module is looked for as a project "lib"
 * would find it: that has no lib folder of its own. */
static bool check_module(struct tally *t, const char *path, struct error *err)
{
    char project[NAME_MAX + 1] = "lib", module[NAME_MAX + 1], *wrong;
    const char *last = strrchr(path, '/') + 1;
    size_t first = strcspn(path, "/");
    if (path + first + 1 != last)
        snprintf(project, sizeof project, "%.*s", (int)first, path);
    snprintf(module, sizeof module, "%.*s", (int)(strlen(last) - strlen(".lua")), last);
    if (!compile_module(t->target.scripts, project, module, &wrong, err))
        return false;
    report(t, path, wrong);
    free(wrong);
    return true;
}

static int is_module(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name), end = strlen(".lua");
    return entry->d_name[0] != '.' && len > end && strcmp(entry->d_name + len - end, ".lua") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool check_lib(struct tally *t, struct error *err)
{
    char path[2 * PATH_MAX + NAME_MAX], folder[2 * PATH_MAX + NAME_MAX];
    struct dirent **entries;
    bool ok = true;
    snprintf(folder, sizeof folder, "%s/%s", t->target.scripts, t->target.path);
    int count = scandir(folder, &entries, is_module, by_bytes);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", t->target.path, entries[i]->d_name);
        ok = ok && check_module(t, path, err);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    if (count > 0)
        return ok;
    return error_set(err, ERROR_MISSING, "no module is in %s: one is LIB/NAME.lua", folder);
}

/* ---- the command */

static bool check_one(struct config *config, const char *word, const char *scripts, struct tally *t,
                      struct error *err)
{
    t->reported = 0;
    if (!check_target_find(word, scripts, &t->target, err))
        return false;
    if (t->target.kind == CHECK_LIB)
        return check_lib(t, err);
    if (t->target.kind == CHECK_MODULE)
        return check_module(t, t->target.path, err);
    return check_triggers(config, t, err);
}

static int run(int argc, char **argv)
{
    const char **words = mem_zero((size_t)argc + 1, sizeof *words);
    int count = 0;
    struct config *config = settings_read(argc, argv, words, &count);
    if (!config) {
        free(words);
        return 2;
    }
    struct tally *t = mem_zero(1, sizeof *t);
    char *scripts = mem_text(config->scripts);
    struct error err;
    if (count == 0)
        words[count++] = scripts;
    for (int i = 0; i < count; i++) {
        if (check_one(config, words[i], scripts, t, &err))
            continue;
        complain(err.text);
        t->bad++;
    }
    printf("%d ok, %d broken\n", t->good, t->bad);
    int status = t->bad > 0;
    config_free(config);
    free(t);
    free(scripts);
    free(words);
    return status;
}

const struct command command_check = {
    .name = "check",
    .summary = "compile and check triggers, as serve would",
    .help =
        "usage: moontide check [DIR|FILE...] [--scripts DIR]\n\n"
        "Compiles triggers in a sandbox and checks their declarations, exactly as `moontide serve`\n"
        "does, and prints one line each: \"PATH: ok\", or \"PATH:LINE: what is wrong\".\n\n"
        "  without an argument     the scripts folder (--scripts, MOONTIDE_SCRIPTS, default "
        "\"scripts\")\n"
        "                          and the settings in its host.lua\n"
        "  SCRIPTS                 every trigger of another scripts folder\n"
        "  SCRIPTS/PROJECT         the triggers of one project\n"
        "  SCRIPTS/PROJECT/K.lua   one trigger\n"
        "  lib, PROJECT/lib        every module in there; or one of them: lib/mail.lua\n\n"
        "Two files of a project whose names differ by case only are one key, which is an error. So "
        "is\n"
        "an argument where nothing is found. What a trigger requires is checked with it; a module "
        "that\n"
        "no trigger requires is only checked when it is named.\n\n"
        "exit status: 0 all are fine, 1 something is broken or not there, 2 the command line or the\n"
        "settings are wrong\n\n"
        "examples:\n"
        "  moontide check\n"
        "  moontide check scripts/support scripts/sales/order.lua\n"
        "  moontide check scripts/lib/mail.lua\n",
    .run = run,
};
