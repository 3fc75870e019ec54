/* SPDX-License-Identifier: MIT */
/* log.h - one line of logfmt on standard error per event:
 *   2026-11-21T08:00:00.123Z info  run=run_01k… "run failed" code=limit.cpu
 * Control characters are escaped, a line is cut at LOG_LINE bytes. Used by engine, serve and cmd
 * only. Thread: any (one write(2) a line). */
#pragma once
#include "base/attr.h"

enum { LOG_LINE = 4096 };
enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF };

void log_level_set(enum log_level level); /* default LOG_INFO */
enum log_level log_level_get(void);
/* run: the run id or NULL. format: the sentence, then key=value pairs if any. */
void log_line(enum log_level level, const char *run, const char *format, ...) PRINTF_LIKE(3, 4);
#define log_debug(run, ...) log_line(LOG_DEBUG, run, __VA_ARGS__)
#define log_info(run, ...)  log_line(LOG_INFO, run, __VA_ARGS__)
#define log_warn(run, ...)  log_line(LOG_WARN, run, __VA_ARGS__)
#define log_error(run, ...) log_line(LOG_ERROR, run, __VA_ARGS__)
