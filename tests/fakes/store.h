/* SPDX-License-Identifier: MIT */
/* store.h - a store in memory behind the function table of host/store/kind.h, for unit tests of
 * what stands on the store. It does what every store must (unit/store/conformance), but keeps
 * nothing. What is handed over waits in one queue and is carried out in order, so that a test
 * decides when things happen and which writes fail.
 * Owner: the test. Thread: one. Limits: none; all memory goes with the store. */
#pragma once
#include "store/store.h"

/* loop: everything is carried out when the loop turns; NULL: by fake_store_step alone. */
struct store *fake_store_open(uv_loop_t *loop);
/* The same, as a factory wants it: of the options only `loop` counts. */
struct store *fake_store_open_options(const struct store_options *options, struct error *err);

/* Carries out the oldest of what waits and calls back; false: nothing may go on. */
bool fake_store_step(struct store *s);
/* Steps until nothing may go on, including what the callbacks hand over. */
void fake_store_run(struct store *s);
/* While writes are held they wait; reads overtake them. */
void fake_store_hold(struct store *s, bool held);
/* The next `count` writes fail as on a full disk: STORE_BROKEN, ERROR_IO. */
void fake_store_fail(struct store *s, size_t count);
/* The same for reads. */
void fake_store_fail_reads(struct store *s, size_t count);
/* Of a store without a loop: store_close leaves it as it is, for the next one who uses it. */
void fake_store_keep(struct store *s, bool kept);
/* A run's row as it is now, whatever waits; NULL: there is none. */
const struct store_run *fake_store_row(struct store *s, const char *run);
/* Orders and changes that wait. */
size_t fake_store_waiting(const struct store *s);
