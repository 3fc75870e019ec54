/* SPDX-License-Identifier: MIT */
/* master_key.h - where the master key of the secrets comes from: MOONTIDE_MASTER_KEY, else the file
 * DATA/master.key. Owner: the vault, or a command. Thread: any; blocks on the file. */
#pragma once
#include "secrets/seal.h"

enum master_key_make { MASTER_KEY_EXISTING, MASTER_KEY_MAKE };

/* MASTER_KEY_MAKE makes the file (0600, 256 random bits) when there is neither variable nor file.
 * *key NULL without an error: there is none. ERROR_INVALID: it has another form, or others may read
 * the file. */
bool master_key_open(struct seal_key **key, const char *data, enum master_key_make make,
                     struct error *err) MUST_CHECK;
/* Only the variable, which is erased from the environment: what starts later shall not inherit it.
 * *key NULL without an error: it is not set. */
bool master_key_from_environment(struct seal_key **key, struct error *err) MUST_CHECK;
