/* SPDX-License-Identifier: MIT */
/* config_jwt.h - the settings below `jwt`: what each may be, and whether they fit together.
 * Pure. Thread: start-up. */
#pragma once
#include "domain/config/config.h"

bool config_jwt_algorithm(struct text value, struct error *err) MUST_CHECK;
bool config_jwt_secret(struct text value, struct error *err) MUST_CHECK;
bool config_jwt_claim(struct text value, struct error *err) MUST_CHECK;
/* err begins with the setting that is wrong. */
bool config_jwt_fits(const struct config *c, struct error *err) MUST_CHECK;
