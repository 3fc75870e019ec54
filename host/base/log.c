/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include "base/clock.h"
#include "base/hex.h"
#include "base/text.h"
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static _Atomic enum log_level lowest = LOG_INFO;

static const char *const level_names[] = {"debug", "info ", "warn ", "error"};

void log_level_set(enum log_level level)
{
    atomic_store_explicit(&lowest, level, memory_order_relaxed);
}

enum log_level log_level_get(void)
{
    return atomic_load_explicit(&lowest, memory_order_relaxed);
}

/* A stranger's newline must not forge a line, nor an escape sequence reach somebody's terminal: C0,
 * DEL, and C1 (U+0080 to U+009F, in UTF-8 C2 80 to C2 9F) are escaped. Returns the length written,
 * at most cap. */
static size_t escape(char *out, size_t cap, const char *in, size_t len)
{
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)in[i];
        bool c1 = c == 0xc2 && i + 1 < len && ((unsigned char)in[i + 1] & 0xe0) == 0x80;
        if (c >= 0x20 && c != 0x7f && !c1) {
            if (at + 1 > cap)
                break;
            out[at++] = (char)c;
            continue;
        }
        if (at + 4 > cap)
            break;
        const char *shorthand = c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : NULL;
        if (shorthand) {
            memcpy(out + at, shorthand, 2);
            at += 2;
            continue;
        }
        if (c1)
            c = (unsigned char)in[++i];
        memcpy(out + at, (char[]){'\\', 'x', hex_lower[c >> 4], hex_lower[c & 15]}, 4);
        at += 4;
    }
    return at;
}

static void write_once(const char *line, size_t len)
{
    ssize_t done;
    do
        done = write(STDERR_FILENO, line, len);
    while (done < 0 && errno == EINTR);
}

void log_line(enum log_level level, const char *run, const char *format, ...)
{
    if (level < log_level_get() || level >= LOG_OFF)
        return;
    int saved_errno = errno; /* a log line between a failure and its errno must not spoil it */
    char message[LOG_LINE], line[LOG_LINE], when[TEXT_TIME];
    va_list args;
    va_start(args, format);
    int wanted = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    size_t len = wanted < 0 ? 0 : (size_t)wanted;
    if (len >= sizeof message)
        len = sizeof message - 1;

    text_time(clock_wall_ms(&clock_system), when);
    size_t at = (size_t)snprintf(line, sizeof line, "%s %s ", when, level_names[level]);
    if (run) {
        memcpy(line + at, "run=", 4);
        at += 4;
        at += escape(line + at, TEXT_TIME * 4, run, strlen(run));
        line[at++] = ' ';
    }
    at += escape(line + at, sizeof line - 1 - at, message, len);
    line[at++] = '\n';
    write_once(line, at);
    errno = saved_errno;
}
