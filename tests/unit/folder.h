/* SPDX-License-Identifier: MIT */
/* folder.h - a temporary folder for a test, and short ways to fill it. Owner: a test. */
#pragma once
#include "base/buf.h"
#include "base/mem.h"
#include "test.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_PATH = 512 };

struct folder_at {
    char path[FOLDER_PATH];
};

static char folder_base[64];

/* The absolute path of something in the test's folder. */
static inline struct folder_at at(const char *relative)
{
    struct folder_at a;
    snprintf(a.path, sizeof a.path, "%s%s%s", folder_base, relative[0] ? "/" : "", relative);
    return a;
}

static inline void must(int result, const char *what)
{
    if (result < 0)
        fail_msg("%s: %s", what, strerror(errno));
}

static inline void folder_open(void)
{
    const char *temporary = getenv("TMPDIR");
    snprintf(folder_base, sizeof folder_base, "%.40s/moontide.XXXXXX",
             temporary ? temporary : "/tmp");
    assert_non_null(mkdtemp(folder_base));
}

static inline int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static inline void remove_tree(const char *path)
{
    must(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), path);
}

static inline void folder_close(void)
{
    remove_tree(folder_base);
}

static inline void make_folder(const char *relative)
{
    must(mkdir(at(relative).path, 0755), relative);
}

static inline void write_bytes(const char *relative, struct text content)
{
    int fd = open(at(relative).path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    must(fd, relative);
    must((int)write(fd, content.data, content.len), relative);
    close(fd);
}

static inline void write_file(const char *relative, const char *content)
{
    write_bytes(relative, text_of(content));
}

static inline void make_link(const char *relative, const char *target)
{
    must(symlink(target, at(relative).path), relative);
}

static inline void move(const char *from, const char *to)
{
    must(rename(at(from).path, at(to).path), from);
}
