/* SPDX-License-Identifier: MIT */
/* run.h - one run in memory: its records on the way to the journal, its ops, its place on a runner.
 * A run leaves memory when its end is committed, when it is parked, or when it was never accepted.
 * Owner: engine. Thread: loop.
 *
 * The rule that everything here serves: what a run says is first a record, then committed, then
 * followed by effects. At most one order of a run is at the store at a time; what comes meanwhile
 * is the next chunk. */
#pragma once
#include "domain/record.h"
#include "engine/engine.h"

struct ticket;

enum run_phase {
    RUN_QUEUED,     /* in the backlog, nothing sent */
    RUN_ADMITTING,  /* START sent; the filter has not spoken */
    RUN_GOING,      /* a runner computes */
    RUN_IDLE,       /* on a runner, waits for answers */
    RUN_AWAY,       /* waits for an answer that takes long: off its runner until it comes */
    RUN_LOST,       /* on no runner; to be rebuilt when all is committed */
    RUN_REBUILDING, /* its journal is being read */
    RUN_ENDED,      /* its last record is written, perhaps not committed */
};

struct acceptance { /* what the accept order needs; gone once it is committed */
    char *project, *trigger, *session, *caller, *idempotency_key, *instruction;
    const char *kind;
    struct buf event;
    bool unique;
    int64_t unique_ms;
    unsigned char fingerprint[SHA256_BYTES], body_hash[SHA256_BYTES];
    struct store_accept row;
};

struct run_update {          /* what the next order writes into the run's row */
    struct store_update row; /* texts point to the copies below */
    char *instruction, *code, *message, *at;
    struct buf result;
    bool any;
};

struct run {
    struct engine *e;
    char id[ID_BYTES];
    uint64_t tag; /* 0: on no runner */
    unsigned runner;
    bool active; /* counted in e->active */
    enum run_phase phase;
    struct version *version;
    uint64_t seed;
    int64_t created_ms; /* wall clock */
    struct acceptance *acceptance;
    struct ticket *ticket; /* who fired it, until it is accepted */

    uint64_t next_seq, committed;
    struct buf pending; /* records not yet ordered */
    uint32_t pending_count;
    struct run_update update;
    struct run_write *writing; /* the order at the store */
    size_t journal_bytes;
    uint32_t steps;
    char *at;         /* where it waited last, "support/refund.lua:12"; NULL: not known */
    struct list link; /* in backlog, dirty or revive queue */
    enum { LINK_NONE, LINK_BACKLOG, LINK_DIRTY, LINK_REVIVE } linked;

    struct list ops;
    struct list late;          /* answers that came while it was on no runner */
    struct replay *replay;     /* what the runner must say again */
    uint32_t answers_sent;     /* on this runner */
    int crashes;               /* points, see runner_messages.c */
    bool park;                 /* its row says waiting, or will */
    bool cancel;               /* asked for while it was being rebuilt */
    char *session;             /* NULL until the row of a run that comes back is read */
    char *event, *instruction; /* while it is being rebuilt */
    const char *why;           /* it is rebuilt: for the run.resumed record */
    struct timer wall, idle;
};

struct run *run_new(struct engine *e, const char *id, struct version *version);
void run_release(struct run *r); /* only without an order under way */
void acceptance_free(struct acceptance *b);
void run_update_free(struct run_update *u);

/* Appends a record; it is committed at the end of this turn. */
void run_record(struct run *r, const struct record *rec);
/* A record of the host itself. data: JSON or NULL. */
void run_note(struct run *r, enum record_type type, const char *data);
/* Marks it for the commit at the end of the turn. */
void run_touch(struct run *r);
/* Orders what is pending, unless an order is under way. */
void run_commit(struct run *r);
/* The store is closed: an order that still waits for a disk that takes it is given up. */
void run_commit_abandon(struct run *r);

/* The ends. Each writes the last record, takes the run off its runner and cancels its ops. Harmless
 * on an ended run. */
void run_complete(struct run *r, struct text result);
void run_end_failed(struct run *r, const char *code, struct text message, struct text at);
void run_cancel(struct run *r);
void run_time_out(struct run *r);

/* Ends it as timed out when its wall time is over. */
void run_watch_wall(struct run *r);
bool run_overdue(const struct run *r);
/* It only sleeps, until due_ms: notes that, and takes it out of memory once that is committed. */
void run_park(struct run *r, int64_t due_ms);
void run_unpark(struct run *r); /* an answer came before it was gone */

/* Puts it on a runner and sends START. admit: the filter is to be judged and the instruction
 * rendered; else it is as given. */
void run_place(struct run *r, unsigned runner, bool admit, struct text instruction,
               struct text event);
/* The runner with the least to do. */
unsigned engine_idlest_runner(const struct engine *e);
/* Off its runner; sends DROP unless the runner is done with it. */
void run_unplace(struct run *r, bool tell);
void run_active(struct run *r, bool active);
struct buf *run_out(struct run *r); /* frames to its runner */
/* Leaves whichever list it is in. */
void run_unlink(struct run *r);

/* It waits: off its runner when that takes long. */
void run_rest(struct run *r);
/* It is on no runner and must get on: rebuilt as soon as all of it is committed. */
void run_return(struct run *r);

struct run *run_by_id(const struct engine *e, const char *id);
struct run *run_by_tag(const struct engine *e, uint64_t tag);

/* fire.c */
void ticket_accepted(struct ticket *t);
void ticket_refused(struct ticket *t, const struct store_order *order);
/* The filter does not match. */
void ticket_dropped(struct ticket *t, const struct acceptance *b, struct text reason);
void ticket_failed(struct ticket *t, const char *why); /* before it was accepted */
void fire_start(struct run *r);   /* sends START to the least busy runner, or queues it */
void fire_next(struct engine *e); /* starts what the backlog holds and the runners can take */

/* revive.c */
void revive_lost(struct run *r); /* to be called when a run on no runner has everything committed */
void revive_parked(struct run *r,
                   int64_t wake_ms); /* its sleep is committed: out of memory with it */
/* Those who wait for a run to be cancelled are told that the host closes. */
void revive_close(struct engine *e);
void revive_open(
    struct engine *e); /* goes through what the last host left, and through what is due */
/* Brings a run that is not in memory back, to be told `cancel` or just to go on. */
struct run *revive_id(struct engine *e, const char *id, const char *why);
