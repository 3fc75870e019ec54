/* SPDX-License-Identifier: MIT */
/* master_key.h - finds the master key, under which the secrets are sealed: the environment variable
 * MOONTIDE_MASTER_KEY, else the file DATA/master.key.
 * Owner: the vault, or a command. Thread: any; blocks on the file. */
#pragma once
#include "secrets/seal.h"

enum master_key_make { MASTER_KEY_EXISTING, MASTER_KEY_MAKE };

/* Reads the key. MASTER_KEY_MAKE: makes the file (mode 0600, 256 random bits) when there is neither
 * variable nor file; MASTER_KEY_EXISTING: sets *key to NULL then, without an error. ERROR_INVALID:
 * the key has another form, or others may read the file. data: the data folder. */
bool master_key_open(struct seal_key **key, const char *data, enum master_key_make make,
                     struct error *err) MUST_CHECK;
/* Reads the variable alone and erases it from the environment, so that no process started later
 * inherits it. *key NULL without an error: the variable is not set. */
bool master_key_from_environment(struct seal_key **key, struct error *err) MUST_CHECK;
