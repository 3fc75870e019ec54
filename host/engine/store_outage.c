/* SPDX-License-Identifier: MIT */
#include "engine/store_outage.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/engine.h"
#include <stdlib.h>
#include <string.h>

/* The row that says that it works again is what finds out: nothing is written until it is true. */
static void probe_store(struct timer *timer);

static void on_probed(void *arg, const struct error *err)
{
    struct engine *e = arg;
    if (e->closing || !e->outage.broken)
        return;
    if (err)
        timers_set(&e->timers, &e->outage.probe, ENGINE_STORE_RETRY_MS, probe_store);
    else
        store_outage_works(e);
}

static void probe_store(struct timer *timer)
{
    struct engine *e = CONTAINER_OF(timer, struct engine, outage.probe);
    struct store_audit row = {
        .at_ms = clock_wall_ms(e->clock),
        .actor = TEXT("host"),
        .action = TEXT("store.recovered"),
        .target = TEXT("store"),
    };
    if (e->outage.broken && !e->closing)
        store_audit(e->store, &row, on_probed, e);
}

void store_outage_failed(struct engine *e, const char *run, const struct error *err)
{
    if (e->outage.broken)
        return;
    e->outage.broken = true;
    log_error(run, "the store refuses writes, no runs are taken until it works again: %s",
              err->text);
    if (!e->closing)
        timers_set(&e->timers, &e->outage.probe, ENGINE_STORE_RETRY_MS, probe_store);
}

void store_outage_works(struct engine *e)
{
    if (!e->outage.broken)
        return;
    e->outage.broken = false;
    timers_drop(&e->timers, &e->outage.probe);
    log_info(NULL, "\"the store works again\"");
    version_store_retry(&e->reload.kept); /* ahead of the runs that will need them */
}
