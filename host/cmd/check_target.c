/* SPDX-License-Identifier: MIT */
#include "cmd/check_target.h"
#include "base/text.h"
#include "deploy/bundle.h"
#include "deploy/scan.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_lua(const char *name)
{
    size_t len = strlen(name);
    return len > 4 && strcmp(name + len - 4, ".lua") == 0;
}

/* ---- what a folder holds */

struct contents {
    unsigned folders, lua_files, others; /* without host.lua and hidden ones */
};

static struct contents look_into(const char *folder)
{
    struct contents c = {0};
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        char path[PATH_MAX];
        struct stat st;
        const char *name = entry->d_name;
        if (name[0] == '.' || strcmp(name, "host.lua") == 0 ||
            snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path ||
            stat(path, &st) != 0)
            continue;
        unsigned *kind = S_ISDIR(st.st_mode) ? &c.folders : is_lua(name) ? &c.lua_files : &c.others;
        ++*kind;
    }
    if (dir)
        closedir(dir);
    return c;
}

void check_target_describe(const char *folder, char *out, size_t cap)
{
    struct contents c = look_into(folder);
    snprintf(out, cap, "%u folder%s, %u .lua file%s and %u other file%s", c.folders,
             c.folders == 1 ? "" : "s", c.lua_files, c.lua_files == 1 ? "" : "s", c.others,
             c.others == 1 ? "" : "s");
}

static void count_trigger(void *arg, const char *project, const char *key, const char *path)
{
    (void)project, (void)key, (void)path;
    ++*(size_t *)arg;
}

/* A folder that has no trigger one folder below, but files of its own, is a project's. The folder
 * that the settings name is never taken for one. */
static bool is_scripts(const char *folder, const char *scripts)
{
    struct stat one, other;
    struct error err;
    size_t triggers = 0;
    if (stat(folder, &one) == 0 && stat(scripts, &other) == 0 && one.st_dev == other.st_dev &&
        one.st_ino == other.st_ino)
        return true;
    if (!scan_triggers(folder, count_trigger, NULL, &triggers, &err))
        return true; /* whoever reads it next says why it cannot be read */
    return triggers > 0 || look_into(folder).lua_files == 0;
}

/* ---- the parts of a path */

/* Cuts the last part off: "scripts/support" -> "scripts", "support" -> ".". */
static void cut_last(char *path, char last[NAME_MAX + 1])
{
    char *slash = strrchr(path, '/');
    snprintf(last, NAME_MAX + 1, "%s", slash ? slash + 1 : path);
    if (!slash)
        strcpy(path, ".");
    else if (slash == path)
        slash[1] = '\0';
    else
        *slash = '\0';
}

static bool is_dots(const char *part)
{
    return strcmp(part, ".") == 0 || strcmp(part, "..") == 0;
}

/* False: path has fewer parts than that, or one that is no name. */
static bool has_names(const char *path, int parts)
{
    char rest[PATH_MAX], last[NAME_MAX + 1];
    snprintf(rest, sizeof rest, "%s", path);
    for (int i = 0; i < parts; i++) {
        cut_last(rest, last);
        if (!last[0] || is_dots(last))
            return false;
    }
    return true;
}

/* Without slashes at its end, and else as it was written, so that what is printed can be found;
 * only "." and ".." have a name once they are resolved. */
static bool write_path(const char *word, char out[PATH_MAX], struct error *err)
{
    size_t len = strlen(word);
    while (len > 1 && word[len - 1] == '/')
        len--;
    if (len >= PATH_MAX)
        return error_set(err, ERROR_LIMIT, "%s: the path is too long", word);
    snprintf(out, PATH_MAX, "%.*s", (int)len, word);
    const char *slash = strrchr(out, '/');
    return !is_dots(slash ? slash + 1 : out) || realpath(word, out) ||
           error_errno(err, errno, "%s", word);
}

/* Keeps the last `parts` parts of path as out->path, the rest as out->scripts. What is said from
 * within the scripts folder ("refund.lua") is resolved for that. */
static void split(const char *path, int parts, struct check_target *out)
{
    char whole[PATH_MAX];
    if (has_names(path, parts) || !realpath(path, whole))
        snprintf(whole, sizeof whole, "%s", path);
    size_t at = strlen(whole);
    for (int i = 0; i < parts; i++) /* to the slash before one more part */
        for (at -= at > 0; at > 0 && whole[at] != '/'; at--)
            ;
    size_t rest = at + (whole[at] == '/');
    snprintf(out->path, sizeof out->path, "%s", whole + rest);
    if (rest == 0 && parts > 0)
        snprintf(out->scripts, sizeof out->scripts, ".");
    else
        snprintf(out->scripts, sizeof out->scripts, "%.*s", (int)(at > 0 ? at : rest), whole);
}

/* ---- what it is */

/* How many parts of a lib folder's path are below the scripts folder: of "lib" 1, of "support/lib"
 * 2. */
static int lib_parts(const char *lib, const char *scripts)
{
    char folder[PATH_MAX], last[NAME_MAX + 1];
    snprintf(folder, sizeof folder, "%s", lib);
    cut_last(folder, last);
    return is_scripts(folder, scripts) ? 1 : 2;
}

static void find_folder(const char *path, const char *scripts, struct check_target *out)
{
    const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
    if (strcmp(last, "lib") == 0) {
        out->kind = CHECK_LIB;
        split(path, lib_parts(path, scripts), out);
    } else if (is_scripts(path, scripts)) {
        out->kind = CHECK_SCRIPTS;
        split(path, 0, out);
    } else {
        out->kind = CHECK_PROJECT;
        split(path, 1, out);
    }
}

static bool find_file(const char *path, const char *scripts, struct check_target *out,
                      struct error *err)
{
    char folder[PATH_MAX], name[NAME_MAX + 1];
    snprintf(folder, sizeof folder, "%s", path);
    cut_last(folder, name);
    if (strcmp(name, "host.lua") == 0)
        return error_set(err, ERROR_INVALID,
                         "%s holds settings, no trigger: `moontide check` without an argument "
                         "checks it with the scripts folder that it lies in",
                         path);
    if (!is_lua(name))
        return error_set(err, ERROR_INVALID,
                         "%s is no Lua file: give SCRIPTS/PROJECT/KEY.lua, a module in a lib "
                         "folder, or a folder",
                         path);
    const char *slash = strrchr(folder, '/'), *parent = slash ? slash + 1 : folder;
    if (strcmp(parent, "lib") == 0) {
        out->kind = CHECK_MODULE;
        split(path, 1 + lib_parts(folder, scripts), out);
        return true;
    }
    out->kind = CHECK_TRIGGER;
    split(path, 2, out);
    return true;
}

bool check_target_find(const char *word, const char *scripts, struct check_target *out,
                       struct error *err)
{
    char path[PATH_MAX];
    struct stat st;
    if (stat(word, &st) != 0)
        return error_errno(err, errno, "%s", word);
    if (!write_path(word, path, err))
        return false;
    if (!S_ISDIR(st.st_mode))
        return find_file(path, scripts, out, err);
    find_folder(path, scripts, out);
    return true;
}
