/* SPDX-License-Identifier: MIT */
/* settings.h - from flags, environment and scripts/host.lua to the config, for serve and check. */
#pragma once
#include "domain/config/config.h"

/* argv: "--name VALUE" and "--name=VALUE", argv[0] is skipped. Other words go to `words` (room for
 * argc), if that is not NULL; else they are mistakes. NULL: the mistake has been printed; exit with
 * status 2. */
struct config *settings_read(int argc, char **argv, const char **words, int *word_count);
/* The table of settings for --help. */
void settings_help(void);
