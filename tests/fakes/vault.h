/* SPDX-License-Identifier: MIT */
/* vault.h - a vault that holds no secret, in place of secrets/vault.c, which reads the disk when it
 * opens. Owner: the test. Thread: one. */
#pragma once
#include "secrets/vault.h"
