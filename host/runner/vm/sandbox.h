/* SPDX-License-Identifier: MIT */
/* sandbox.h - what the runner gives up before the first script comes: files, environment, the right
 * to start or to become anything, and in the end every system call that its loop does not need.
 * Owner: the process. Thread: the only one. Limits: 8 MB of stack, 8 descriptors, no core and no
 * file of any size. */
#pragma once
#include "base/error.h"

/* AddressSanitizer says what it found on stderr, and looks into /proc for it. */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif

/* Closes every descriptor but `keep`, empties the environment, sets the limits. stdin, stdout and
 * stderr become /dev/null. */
bool sandbox_prepare(int keep, struct error *err) MUST_CHECK;
/* Shuts the sandbox: from now on the kernel kills the process for a system call that is not on the
 * list. Only `keep` can be read and written. */
bool sandbox_shut(int keep, struct error *err) MUST_CHECK;
