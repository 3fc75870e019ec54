/* SPDX-License-Identifier: MIT */
/* compile.h - compiles and checks scripts in one runner as serve would, without a store and without
 * serving. Its functions block, and run a loop of their own. Thread: any one. */
#pragma once
#include "base/json.h"
#include "domain/config/config.h"

/* Calls report for each trigger of the folder config->scripts, by address: error NULL when it would
 * serve. Returns false only when the folder cannot be looked at. */
bool compile_scripts(const struct config *config,
                     void (*report)(void *arg, const char *project, const char *key,
                                    const char *error),
                     void *arg, struct error *err) MUST_CHECK;

/* The table of SCRIPTS/host.lua, evaluated in a runner. *table NULL: there is no such file. */
bool compile_host_lua(const char *scripts, cJSON **table, struct error *err) MUST_CHECK;
