/* SPDX-License-Identifier: MIT */
#include "deploy/scan.h"
#include "base/mem.h"
#include "deploy/bundle.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct scan {
    const char *root;
    void (*found)(void *arg, const char *project, const char *key, const char *path);
    void (*bad)(void *arg, const char *path, const char *why);
    void *arg;
    struct error *err;
};

static const char bad_name[] = "its name may have letters, digits, _ and - only, at most 64";

static void report_bad(const struct scan *s, const char *path, const char *why)
{
    if (s->bad)
        s->bad(s->arg, path, why);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* no locale: the same order everywhere */
}

static void entries_free(struct dirent **entries, int count)
{
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
}

/* S_IFREG, S_IFDIR … of a path below root, links followed; 0: there is nothing, or no longer. */
static mode_t file_type(const struct scan *s, const char *path)
{
    char whole[PATH_MAX];
    struct stat st;
    if (snprintf(whole, sizeof whole, "%s/%s", s->root, path) >= (int)sizeof whole)
        return 0;
    return stat(whole, &st) == 0 ? st.st_mode & S_IFMT : 0;
}

static bool is_lua(const char *name, struct text *stem)
{
    size_t len = strlen(name), end = strlen(".lua");
    if (len <= end || strcmp(name + len - end, ".lua") != 0)
        return false;
    *stem = (struct text){name, len - end};
    return true;
}

static void scan_file(const struct scan *s, const char *project, const char *name)
{
    char path[2 * NAME_MAX + 2];
    struct text stem;
    if (!is_lua(name, &stem))
        return;
    snprintf(path, sizeof path, "%s/%s", project, name);
    if (file_type(s, path) != S_IFREG)
        return;
    if (!bundle_name_ok(stem)) {
        report_bad(s, path, bad_name);
        return;
    }
    char *key = mem_text_n(stem.data, stem.len);
    s->found(s->arg, project, key, path);
    free(key);
}

static bool scan_project(const struct scan *s, const char *project)
{
    char folder[PATH_MAX];
    struct dirent **entries;
    if (!bundle_name_ok(text_of(project))) {
        report_bad(s, project, bad_name);
        return true;
    }
    snprintf(folder, sizeof folder, "%s/%s", s->root, project);
    int count = scandir(folder, &entries, is_visible, by_bytes);
    if (count < 0)
        return errno == ENOENT || errno == ENOTDIR || error_errno(s->err, errno, "%s", folder);
    for (int i = 0; i < count; i++)
        scan_file(s, project, entries[i]->d_name);
    entries_free(entries, count);
    return true;
}

bool scan_triggers(const char *root,
                   void (*found)(void *arg, const char *project, const char *key, const char *path),
                   void (*bad)(void *arg, const char *path, const char *why), void *arg,
                   struct error *err)
{
    struct scan s = {root, found, bad, arg, err};
    struct dirent **entries;
    struct text stem;
    int count = scandir(root, &entries, is_visible, by_bytes);
    if (count < 0)
        return error_errno(err, errno, "%s", root);
    bool ok = true;
    for (int i = 0; ok && i < count; i++) {
        const char *name = entries[i]->d_name;
        mode_t type = file_type(&s, name);
        if (type == S_IFDIR && strcmp(name, "lib") != 0)
            ok = scan_project(&s, name);
        else if (type == S_IFREG && is_lua(name, &stem) && strcmp(name, "host.lua") != 0)
            report_bad(&s, name, "a trigger lies in the folder of its project");
    }
    entries_free(entries, count);
    return ok;
}
