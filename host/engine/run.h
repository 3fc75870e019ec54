/* SPDX-License-Identifier: MIT */
/* run.h - one run in memory: its records on the way to the journal, its ops, its place on a runner.
 * It leaves memory when its end is committed, when it is parked, or when it was never accepted.
 * Owner: engine. Thread: loop. Limit: ENGINE_JOURNAL_MAX bytes of journal.
 *
 * The rule that everything here serves: what a run says is first a record, then committed, then
 * followed by effects. At most one order of a run is at the store at a time; what comes meanwhile
 * is the next chunk. */
#pragma once
#include "domain/record.h"
#include "engine/engine.h"
#include "engine/run_state.h"

struct ticket;

struct run_update {          /* what the next order writes into the run's row */
    struct store_update row; /* its texts point to the copies below */
    char *instruction, *code, *message, *at;
    char *waiting; /* JSON; "": it waits no more; NULL: as it is */
    struct buf result;
    bool any;
};

struct run {
    struct engine *e;
    char id[ID_BYTES];
    enum run_state state; /* written by run_enter alone */
    uint64_t tag;         /* its name on its runner; 0: it is on none */
    unsigned runner;
    struct version *version;
    unsigned char version_hash[SHA256_BYTES]; /* while it is being rebuilt */
    uint64_t seed;
    int64_t created_ms;            /* wall clock */
    struct acceptance *acceptance; /* until it is committed */
    struct ticket *ticket;         /* who fired it, until it is accepted */

    uint64_t next_seq, committed;
    struct buf pending; /* records not yet ordered */
    uint32_t pending_count;
    struct run_update update;
    struct run_write *writing; /* the order at the store */
    size_t journal_bytes;
    uint32_t steps;
    char *at;         /* where it waited last, "support/refund.lua:12"; NULL: not known */
    struct list link; /* queued: in the backlog; due: in the rebuilds; else in commits or none */

    struct list ops;
    struct list late;          /* answers that came while it was on no runner */
    struct replay *replay;     /* rebuilding and replaying: what the runner must say again */
    uint32_t answers_sent;     /* to this runner */
    int crashes;               /* points, see runner_messages.c */
    struct list inbox;         /* rows that it knows of, until the store deletes them: inbox.c */
    int64_t inbox_last;        /* the last row that it knows of; 0: none */
    bool inbox_again;          /* due or rebuilding: a row came that was perhaps not read */
    char *session;             /* NULL until the row of a run that comes back is read */
    char *event, *instruction; /* while it is being rebuilt */
    const char *why;           /* it is rebuilt: for the run.resumed record */
    struct timer wall, idle;
};

void run_update_free(struct run_update *u);

struct run *run_new(struct engine *e, const char *id, struct version *version);
/* Of a run that is parked or gone, without an order under way. */
void run_release(struct run *r);
/* The same in any state, when the runners and the store are closed. */
void run_abandon(struct run *r);
struct run *run_by_id(const struct engine *e, const char *id);

/* Appends a record; it is committed at the end of this turn. It may end the run, by its limit. */
void run_record(struct run *r, const struct record *rec);
/* A record of the host itself. data: JSON or NULL. */
void run_note(struct run *r, enum record_type type, const char *data);
