/* SPDX-License-Identifier: MIT */
/* attr.h - compiler attributes and small macros. */
#pragma once
#include <stddef.h>

#define MUST_CHECK                    __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a)             __attribute__((format(printf, f, a)))
#define NORETURN                      __attribute__((noreturn))
#define ARRAY_LEN(a)                  (sizeof(a) / sizeof(*(a)))
#define CONTAINER_OF(p, type, member) ((type *)((char *)(p)-offsetof(type, member)))
