/* SPDX-License-Identifier: MIT */
/* compile.h - compiles and checks scripts in one runner as serve would, without a store and without
 * serving. Its functions block, and run a loop of their own. Thread: any one. */
#pragma once
#include "base/json.h"
#include "domain/config/config.h"

/* path: below the scripts folder, "support/refund.lua". error: "PATH:LINE: what is wrong"; NULL: it
 * would serve. */
typedef void (*compile_report_fn)(void *arg, const char *path, const char *error);

/* Reports each trigger of the folder config->scripts, by address, and behind it the files that are
 * the same key but for case. False only when the folder cannot be looked at. */
bool compile_scripts(const struct config *config, compile_report_fn report, void *arg,
                     struct error *err) MUST_CHECK;

/* SCRIPTS/PROJECT/lib/MODULE.lua or, where that is missing, SCRIPTS/lib/MODULE.lua, with all that
 * it requires. *wrong: NULL, or "PATH:LINE: what is wrong", to be freed. False: it cannot
 * be tried. */
bool compile_module(const char *scripts, const char *project, const char *module, char **wrong,
                    struct error *err) MUST_CHECK;

/* The table of SCRIPTS/host.lua, evaluated in a runner. *table NULL: there is no such file. */
bool compile_host_lua(const char *scripts, cJSON **table, struct error *err) MUST_CHECK;
