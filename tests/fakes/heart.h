/* SPDX-License-Identifier: MIT */
/* heart.h - a whole engine for tests, without a disk, a process, a network or a clock of its own:
 * its store, runners, HTTP and time are tests/fakes. It serves one trigger, p/k. Nothing happens by
 * itself: the store carries out what it was given, and time passes, when the test says so.
 * Owner: the test; one engine at a time. Thread: one. */
#pragma once
#include "test.h"

#include "engine/cancel.h"
#include "engine/fire.h"
#include "engine/run.h"
#include "engine/ticket.h"
#include "fakes/clock.h"
#include "fakes/http.h"
#include "fakes/pool.h"
#include "fakes/store.h"
#include "fakes/vault.h"

struct heart {
    struct engine *e;
    struct store *store; /* outlives the engine in heart_stop and heart_kill */
    struct config *config;
    struct fake_clock clock;
    uv_loop_t loop;
    unsigned runners;    /* of the next engine; 1 */
    struct list callers; /* struct answer: those who wait */
    unsigned refusals;   /* so often the store does not open, with this error */
    enum error_code refusal;
};
extern struct heart heart;

/* ---- life */

/* Setup and teardown of a test: a fresh store, and an engine that is ready. */
int heart_open(void **state);
int heart_close(void **state);
#define HEART_TEST(name) cmocka_unit_test_setup_teardown(name, heart_open, heart_close)

/* The host is stopped: what it has is committed. heart_start goes on with the same store. */
void heart_stop(void);
/* The same as if the process were killed: what is not committed is lost. */
void heart_kill(void);
void heart_start(void);
/* What the runners were told to load is loaded; heart_start and heart_serve do so. */
void heart_load_versions(void);
/* The script is saved anew, as another version, which a runner is told to load. */
void heart_save(void);
/* The declaration that p/k gets from now on, without {"run"}: "\"unique\":true". */
void heart_serve(const char *fields);
struct trigger *heart_trigger(void);

/* ---- what happens */

/* One turn of the loop: what runs have said goes to the store, frames go to the runners. The store
 * carries out nothing. */
void heart_turn(void);
/* Turns, and lets the store carry out what it may, until nothing happens any more. */
void heart_settle(void);
/* Time passes; then heart_settle. */
void heart_pass(int64_t ms);

/* ---- a caller */

struct answer { /* what a caller has heard */
    unsigned count;
    struct ticket *ticket; /* until then */
    struct list link;
    char fired[ID_BYTES]; /* the run that the call made, also when it is never accepted */
    enum verdict verdict;
    char run[ID_BYTES], session[64], status[16], result[256], detail[256], field[64], code[64],
        at[64]; /* "": none */
};

/* A call with this body; fields may be set before it is fired. */
struct call heart_call(const char *body);
void heart_fire_call(struct answer *a, struct call *call);
void heart_fire(struct answer *a, const char *body, int64_t wait_ms);
/* The caller hangs up. At the end of a test, and of a host, all do. */
void heart_hang_up(struct answer *a);
void heart_expect_answer(const struct answer *a, enum verdict v, const char *status);

/* Fires, and has the runner admit the run, and commits that. Returns its id, in `a`. */
const char *heart_start_run(struct answer *a, int64_t wait_ms);

/* Counts, by verdict. */
extern unsigned heart_cancelled[VERDICTS];
void heart_cancel(const char *run);

/* ---- the runner of a run */

uint64_t heart_tag(const char *run); /* asserts that it is on a runner */
bool heart_on_runner(const char *run);
void heart_admit(const char *run);
void heart_ask(const char *run, uint32_t step, const char *kind, const char *args);
/* It waits, having seen this many answers. */
void heart_rest(const char *run, uint32_t answers);
void heart_finish(const char *run, const char *result);
/* The same, step 1. */
void heart_ask_sleep(const char *run, int64_t ms);
/* The last answer that its runner was sent, which is to this step. */
struct text heart_told(const char *run, uint32_t step, bool ok);
void heart_lose(unsigned runner, enum pool_loss why, const char *culprit /* NULL: nobody */);
/* How it was started there; the texts are the fake pool's. */
struct frame_start heart_start_frame(const char *run);
/* How many answers its runner was sent since it was started there. */
size_t heart_answers(const char *run);

/* ---- what is on disk, and in memory */

/* The state of a run in memory; RUN_GONE: it is not there. */
enum run_state heart_state(const char *run);
/* Its row; run is "" when there is none. Texts are the store's. */
struct store_run heart_row(const char *run);
/* "accepted started step.started": the records that are committed, without "run.". */
const char *heart_journal(const char *run);
/* The data of its last record of this type; "": none. */
const char *heart_record(const char *run, enum record_type type);
void heart_expect(const char *run, enum run_state state, enum store_status status);

/* A run of another host, in the store: nobody has it in memory. */
struct heart_planted {
    enum store_status status;
    int64_t wake_ms;
    uint32_t count; /* records in the chunk */
    struct text chunk;
    unsigned char version[SHA256_BYTES];
    const char *letter; /* of this kind, so many are in its inbox */
    int letters;
};
void heart_plant(const char *run, const struct heart_planted *p);

/* ---- a reader of a run's stream */

struct reader {
    struct follower follower;
    char heard[512]; /* as heart_journal */
    unsigned news, ends;
    uint64_t next; /* sequence number that comes next; 0: anything */
};
void heart_follow(struct reader *reader, const char *run);
