/* SPDX-License-Identifier: MIT */
#include "store/sqlite/folder.h"

#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

char *folder_path(const char *data, const char *name)
{
    size_t room = strlen(data) + strlen(name) + 2;
    char *path = mem_alloc(room);
    snprintf(path, room, "%s/%s", data, name);
    return path;
}

bool folder_make(const char *data, struct error *err)
{
    if (mkdir(data, 0700) == 0)
        return true;
    if (errno != EEXIST)
        return error_errno(err, errno, "making the data folder \"%s\"", data);
    struct stat st;
    if (stat(data, &st) == 0 && S_ISDIR(st.st_mode))
        return true;
    return error_set(err, ERROR_INVALID, "data folder \"%s\" is not a folder", data);
}

bool folder_make_file(const char *data, const char *name, struct error *err)
{
    char *path = folder_path(data, name);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 || errno == EEXIST;
    if (fd >= 0)
        close(fd);
    if (!ok)
        error_errno(err, errno, "making %s", path);
    free(path);
    return ok;
}

static bool refuse_lock(const char *data, int fd, struct error *err)
{
    char text[24] = "";
    ssize_t got = pread(fd, text, sizeof text - 1, 0);
    long pid = got > 0 ? strtol(text, NULL, 10) : 0;
    if (pid > 0)
        return error_set(err, ERROR_BUSY,
                         "data folder \"%s\" is in use by process %ld; stop that one or give "
                         "another with --data",
                         data, pid);
    return error_set(err, ERROR_BUSY,
                     "data folder \"%s\" is in use by another process; stop that one or give "
                     "another with --data",
                     data);
}

int folder_lock(const char *data, struct error *err)
{
    char *path = folder_path(data, "lock");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool ok = fd >= 0;
    if (!ok)
        error_errno(err, errno, "opening %s", path);
    else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        ok = false;
        if (errno == EWOULDBLOCK)
            refuse_lock(data, fd, err);
        else
            error_errno(err, errno, "locking %s", path);
    }
    free(path);
    if (!ok) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    /* For the message above only: on a full disk the lock holds all the same. */
    char text[24];
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) != len)
        return fd;
    return fd;
}

bool folder_stamp(const char *data, struct error *err)
{
    char *path = folder_path(data, FOLDER_STAMP);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    /* The byte is what inotify sees, the time what people see (and a write that changes nothing
     * may leave the time as it is on some file systems). */
    bool ok = fd >= 0 && pwrite(fd, "\n", 1, 0) == 1 && futimens(fd, NULL) == 0;
    if (!ok)
        error_errno(err, errno, "writing %s", path);
    if (fd >= 0)
        close(fd);
    free(path);
    return ok;
}
