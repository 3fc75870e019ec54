/* SPDX-License-Identifier: MIT */
/* verify.h - a webhook's signature against the secrets in the vault. Owner: engine. Thread: loop.
 */
#pragma once
#include "domain/proof/signature.h"

struct vault;

/* Names without a value are passed over; *missing is the first of them when all are (borrowed from
 * the rule), NULL otherwise. Takes as long with secrets as without. */
enum signature verify_request(const struct vault *v, const struct signature_rule *rule,
                              const struct signature_request *q, struct signature_proof *proof,
                              const char **missing);
