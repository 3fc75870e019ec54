/* SPDX-License-Identifier: MIT */
/* config_check.h - what single settings may say, for config_row.check in config.c.
 * Pure functions. */
#pragma once
#include "base/error.h"
#include "base/text.h"

bool config_check_listen(struct text value, struct error *err);
bool config_check_log(struct text value, struct error *err);
bool config_check_trigger_keys(struct text value, struct error *err);
bool config_check_network(struct text value, struct error *err);
