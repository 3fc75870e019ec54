/* SPDX-License-Identifier: MIT */
/* verify.h - checks a webhook's signature with the secrets in the vault.
 * Owner: the caller. Thread: loop. */
#pragma once
#include "domain/proof/signature.h"

struct vault;

/* Tries the secrets that the rule names and the vault has. *missing: NULL, or the first of the
 * names when the vault has none of them (borrowed from the rule). The time this takes does not tell
 * whether it has any. */
enum signature verify_request(const struct vault *v, const struct signature_rule *rule,
                              const struct signature_request *q, struct signature_proof *proof,
                              const char **missing);
