/* SPDX-License-Identifier: MIT */
/* config_fits.h - whether the settings go together, once all sources have spoken. Pure.
 * Thread: start-up. */
#pragma once
#include "domain/config/config.h"

/* err begins with the setting that is wrong. */
bool config_fits(const struct config *c, struct error *err) MUST_CHECK;
