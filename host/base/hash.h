/* SPDX-License-Identifier: MIT */
/* hash.h - a hash for tables whose keys come from strangers: keyed with random bytes of this
 * process, so nobody can prepare keys that collide. Never store or send it. Thread: any. */
#pragma once
#include "base/text.h"

uint64_t hash_keyed(struct text key);
