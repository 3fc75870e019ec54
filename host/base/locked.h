/* SPDX-License-Identifier: MIT */
/* locked.h - memory for what must not lie around: pages of their own, kept out of swap (as far as
 * the system allows), out of core dumps and out of forked children, zeroed when freed.
 * Thread: any. */
#pragma once
#include <stddef.h>

void *locked_new(size_t bytes);             /* zeroed; aborts when there is none */
void locked_free(void *data, size_t bytes); /* with the size it was made with; NULL is fine */
