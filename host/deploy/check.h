/* SPDX-License-Identifier: MIT */
/* check.h - compiles and checks scripts as serve would, without a store and without serving.
 * Blocks. Owner: cmd. */
#pragma once
#include "base/json.h"
#include "domain/config/config.h"

/* Calls report for each trigger of the folder config->scripts, by address: error NULL when it would
 * serve. Returns false only when the folder cannot be looked at. */
bool check_scripts(const struct config *config,
                   void (*report)(void *arg, const char *project, const char *key,
                                  const char *error),
                   void *arg, struct error *err) MUST_CHECK;

/* The table of SCRIPTS/host.lua, evaluated in a runner. *table NULL: there is no such file. */
bool check_host_lua(const char *scripts, cJSON **table, struct error *err) MUST_CHECK;
