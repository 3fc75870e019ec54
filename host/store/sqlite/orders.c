/* SPDX-License-Identifier: MIT */
#include "store/sqlite/orders.h"

#include "base/mem.h"
#include "store/sqlite/inbox.h"
#include "store/sqlite/journal.h"
#include "store/sqlite/messages.h"
#include "store/sqlite/query.h"
#include "store/sqlite/store.h"
#include <string.h>

static const char key_claim[] =
    "INSERT INTO idempotency(caller, project, trigger, key, body_hash, run, created_ms)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING";
static const char key_find[] = "SELECT body_hash, run FROM idempotency"
                               " WHERE caller = ?1 AND project = ?2 AND trigger = ?3 AND key = ?4";
static const char key_drop[] = "DELETE FROM idempotency"
                               " WHERE caller = ?1 AND project = ?2 AND trigger = ?3 AND key = ?4";
/* An expired claim changes hands. */
static const char unique_claim[] = "INSERT INTO claim(project, trigger, fingerprint, until_ms, run)"
                                   " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE"
                                   " SET until_ms = excluded.until_ms, run = excluded.run"
                                   " WHERE claim.until_ms > 0 AND claim.until_ms <= ?6";
static const char unique_find[] =
    "SELECT run FROM claim WHERE project = ?1 AND trigger = ?2 AND fingerprint = ?3";

/* ---- idempotency keys */

/* The four columns that an idempotency key is found by. */
static void bind_key(struct query *s, const struct store_accept *in)
{
    query_text(s, in->caller.data ? in->caller : TEXT(""));
    query_text(s, in->project);
    query_text(s, in->trigger);
    query_text(s, in->idempotency_key);
}

/* *outcome: STORE_DONE when the key is new, else STORE_REPEATED or STORE_KEY_REUSED, and `existing`
 * is the run that it names. */
static bool find_key(struct connection *q, const struct store_accept *in,
                     enum store_outcome *outcome, char existing[ID_BYTES], struct error *err)
{
    struct query s;
    unsigned char body_hash[SHA256_BYTES];
    *outcome = STORE_DONE;
    existing[0] = '\0';
    query_begin(&s, q, key_find);
    bind_key(&s, in);
    int step = query_step(&s, err);
    if (step > 0) {
        query_column_hash(&s, 0, body_hash);
        query_column_copy(&s, 1, existing, ID_BYTES);
        bool same = memcmp(body_hash, in->body_hash, SHA256_BYTES) == 0;
        *outcome = same ? STORE_REPEATED : STORE_KEY_REUSED;
    }
    query_end(&s);
    return step >= 0;
}

static bool find_repeated(struct connection *q, struct store_order *o, struct error *err)
{
    return find_key(q, o->accept, &o->outcome, o->existing, err) &&
           (o->outcome != STORE_DONE ||
            error_set(err, ERROR_INTERNAL, "an idempotency key went away while in use"));
}

static bool claim_idempotency(struct connection *q, struct store_order *o, struct error *err)
{
    const struct store_accept *in = o->accept;
    struct query s;
    query_begin(&s, q, key_claim);
    bind_key(&s, in);
    query_blob(&s, in->body_hash, SHA256_BYTES);
    query_text(&s, text_of(o->run));
    query_int(&s, in->created_ms);
    if (!query_do(&s, err))
        return false;
    return sqlite3_changes(q->db) > 0 || find_repeated(q, o, err);
}

static bool drop_idempotency(struct connection *q, const struct store_order *o, struct error *err)
{
    struct query s;
    query_begin(&s, q, key_drop);
    bind_key(&s, o->accept);
    return query_do(&s, err);
}

static bool find_duplicate(struct connection *q, struct store_order *o, struct error *err)
{
    struct query s;
    query_begin(&s, q, unique_find);
    query_text(&s, o->accept->project);
    query_text(&s, o->accept->trigger);
    query_blob(&s, o->accept->fingerprint, SHA256_BYTES);
    int step = query_step(&s, err);
    if (step == 0)
        return error_set(err, ERROR_INTERNAL, "a unique claim went away while in use");
    if (step < 0)
        return false;
    query_column_copy(&s, 0, o->existing, sizeof o->existing);
    o->outcome = STORE_DUPLICATE;
    query_end(&s);
    return true;
}

static bool claim_unique(struct connection *q, struct store_order *o, struct error *err)
{
    const struct store_accept *in = o->accept;
    struct query s;
    query_begin(&s, q, unique_claim);
    query_text(&s, in->project);
    query_text(&s, in->trigger);
    query_blob(&s, in->fingerprint, SHA256_BYTES);
    query_int(&s, in->unique_until_ms);
    query_text(&s, text_of(o->run));
    query_int(&s, in->created_ms);
    if (!query_do(&s, err))
        return false;
    return sqlite3_changes(q->db) > 0 || find_duplicate(q, o, err);
}

/* Nothing else has been written yet; the unique claim comes last since it may replace an expired
 * one, which could not be undone by a statement. */
static bool claim(struct connection *q, struct store_order *o, struct error *err)
{
    bool named = o->accept->idempotency_key.data != NULL;
    if (named && !claim_idempotency(q, o, err))
        return false;
    if (o->outcome != STORE_DONE || !o->accept->unique)
        return true;
    if (!claim_unique(q, o, err))
        return false;
    return o->outcome == STORE_DONE || !named || drop_idempotency(q, o, err);
}

/* ---- the order */

void orders_init(struct orders *a, struct connection *q)
{
    *a = (struct orders){.q = q};
}

void orders_done(struct orders *a)
{
    runs_updates_done(&a->updates);
}

static bool accept_run(struct orders *a, struct store_order *o, struct error *err)
{
    int64_t num = 0;
    if (!journal_check(o, 0, err) || !claim(a->q, o, err))
        return false;
    if (o->outcome != STORE_DONE)
        return true;
    return runs_insert(a->q, o, &num, err) && journal_insert(a->q, o, num, err);
}

/* What the run has taken of its inbox; a run that ends takes all. */
static bool take_inbox(struct orders *a, const struct store_order *o, int64_t num,
                       struct error *err)
{
    if (store_status_final(o->update.status))
        return inbox_rows_take(a->q, num, INT64_MAX, err);
    return o->inbox_taken <= 0 || inbox_rows_take(a->q, num, o->inbox_taken, err);
}

static bool go_on(struct orders *a, struct store_order *o, struct error *err)
{
    int64_t num = 0;
    uint64_t last = 0;
    return runs_find(a->q, o->run, &num, &last, err) && journal_check(o, last, err) &&
           runs_update(a->q, &a->updates, o, num, err) && take_inbox(a, o, num, err) &&
           journal_insert(a->q, o, num, err);
}

bool orders_apply(struct orders *a, struct store_order *o, struct error *err)
{
    o->outcome = STORE_DONE;
    o->existing[0] = '\0';
    if (o->inbox)
        return inbox_rows_put(a->q, o, err);
    return o->accept ? accept_run(a, o, err) : go_on(a, o, err);
}

/* ---- asked by the loop */

struct repeat_find {
    struct read read;
    struct store_accept wanted; /* texts in `read.keep` */
    enum store_outcome outcome;
    char existing[ID_BYTES];
    store_repeat_fn fn;
    void *arg;
};

static bool read_repeat(struct read *r, struct connection *q, struct error *err)
{
    struct repeat_find *f = CONTAINER_OF(r, struct repeat_find, read);
    return find_key(q, &f->wanted, &f->outcome, f->existing, err);
}

static void answer_repeat(struct read *r)
{
    struct repeat_find *f = CONTAINER_OF(r, struct repeat_find, read);
    f->fn(f->arg, r->failed ? STORE_BROKEN : f->outcome, f->existing, read_error(r));
}

void sqlite_find_repeat(struct store *s, const struct store_accept *wanted, store_repeat_fn fn,
                        void *arg)
{
    struct repeat_find *f = mem_zero(1, sizeof *f);
    struct keep *k = &f->read.keep;
    f->read.run = read_repeat;
    f->read.answer = answer_repeat;
    f->wanted.project = keep_text(k, wanted->project);
    f->wanted.trigger = keep_text(k, wanted->trigger);
    f->wanted.caller = keep_text(k, wanted->caller);
    f->wanted.idempotency_key = keep_text(k, wanted->idempotency_key);
    memcpy(f->wanted.body_hash, wanted->body_hash, SHA256_BYTES);
    f->fn = fn;
    f->arg = arg;
    read_start(s, &f->read);
}
