/* SPDX-License-Identifier: MIT */
#include "fakes/store.h"

#include "base/mem.h"
#include "store/keep.h"
#include "store/kind.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEQ_MAX = 0xffffff, LIST_MAX = 200 };

/* A list that grows, its rows in the store's memory. */
#define ROWS(type)          \
    struct {                \
        type *at;           \
        size_t count, room; \
    }
#define ADD(s, rows)                                                                        \
    ((rows).at =                                                                            \
         keep_more(&(s)->memory, (rows).at, (rows).count, &(rows).room, sizeof *(rows).at), \
     &(rows).at[(rows).count++])

struct fake_run {
    struct store_run row; /* its texts are in the store's memory */
    ROWS(struct store_chunk) chunks;
    ROWS(struct store_inbox) inbox;
};

struct claim {
    struct text project, trigger;
    unsigned char fingerprint[SHA256_BYTES];
    int64_t until_ms;
    char run[ID_BYTES];
};

struct repeat {
    struct text caller, project, trigger, key;
    unsigned char body_hash[SHA256_BYTES];
    char run[ID_BYTES];
};

struct version {
    unsigned char hash[SHA256_BYTES];
    struct text bundle;
};

struct message {
    struct text project, session;
    struct store_message said;
};

struct fake_store {
    struct store store;
    uv_loop_t *loop;
    uv_async_t wake;
    struct list calls; /* that wait */
    size_t orders;     /* of them */
    bool held;
    size_t failing, unreadable; /* writes and reads that are to fail */
    bool kept;                  /* store_close leaves what is in it */
    void (*closed)(void *arg);
    void *closed_arg;

    struct keep memory;
    ROWS(struct fake_run *) runs; /* as accepted */
    ROWS(struct claim) claims;
    ROWS(struct repeat) repeats;
    ROWS(struct version) versions;
    ROWS(struct api_key) keys;
    ROWS(struct store_pause) pauses;
    ROWS(struct store_audit_row) audits;
    ROWS(struct store_secret) secrets;
    ROWS(struct store_webhook) webhooks;
    ROWS(struct message) messages;
    int64_t inbox_id;
};

/* One call of store.h that waits. What it was given is copied to `keep`. */
struct call {
    struct list link;
    bool writes;
    struct store_order *order; /* of store_write; NULL in all other calls */
    /* Does it; a write says here whether it failed. Calls back in `answer`. */
    bool (*carry_out)(struct fake_store *s, struct call *c, struct error *err);
    void (*answer)(struct fake_store *s, struct call *c, const struct error *err);
    bool announced;
    struct store_audit audit;
    struct keep keep;
    void *arg;
    union {
        store_written_fn written;
        store_webhook_fn webhook;
        store_run_fn run;
        store_repeat_fn repeat;
        store_list_fn list;
        store_journal_fn journal;
        store_inbox_fn inbox;
        store_due_fn due;
        store_version_fn version;
        store_keys_fn keys;
        store_pauses_fn pauses;
        store_audits_fn audits;
        store_secrets_fn secrets;
        store_webhooks_fn webhooks;
        store_session_fn session;
    } fn;
    /* The arguments. */
    char id[ID_BYTES];
    unsigned char hash[SHA256_BYTES];
    struct text texts[3];
    int64_t number;
    size_t count;
    bool flag;
    size_t revoked;
    struct store_accept accept;
    struct store_list list;
    struct api_key *keys;
    struct store_pause pause;
    struct store_secret secret;
    struct store_webhook hook;
    struct store_turn turn;
};

static struct fake_store *own(const struct store *s)
{
    return CONTAINER_OF((struct store *)s, struct fake_store, store);
}

static struct text remember(struct fake_store *s, struct text t)
{
    return keep_text(&s->memory, t);
}

static const char *remember_word(struct fake_store *s, const char *word)
{
    return remember(s, text_of(word)).data;
}

/* ---- the queue */

static struct call *call_new(void *arg)
{
    struct call *c = mem_zero(1, sizeof *c);
    c->arg = arg;
    return c;
}

static void hand_over(struct store *store, struct call *c)
{
    struct fake_store *s = own(store);
    list_add(&s->calls, &c->link);
    s->orders += c->order != NULL;
    if (s->loop)
        uv_async_send(&s->wake);
}

static struct call *next_call(struct fake_store *s)
{
    LIST_EACH(node, &s->calls)
    {
        struct call *c = LIST_ENTRY(node, struct call, link);
        if (!c->writes || !s->held)
            return c;
    }
    return NULL;
}

static bool is_to_fail(struct fake_store *s, const struct call *c, struct error *err)
{
    size_t *left = c->writes ? &s->failing : &s->unreadable;
    if (*left == 0)
        return false;
    (*left)--;
    error_set(err, ERROR_IO, "%s: a test said so", c->writes ? "disk full" : "disk unreadable");
    return true;
}

static void add_audit(struct fake_store *s, const struct store_audit *a)
{
    if (!a->actor.data)
        return;
    int64_t num = (int64_t)s->audits.count + 1;
    struct store_audit_row *row = ADD(s, s->audits);
    row->num = num;
    row->a = (struct store_audit){.at_ms = a->at_ms,
                                  .actor = remember(s, a->actor),
                                  .action = remember(s, a->action),
                                  .target = remember(s, a->target),
                                  .detail = remember(s, a->detail),
                                  .request = remember(s, a->request)};
}

bool fake_store_step(struct store *store)
{
    struct fake_store *s = own(store);
    struct error err = {0};
    struct call *c = next_call(s);
    if (!c)
        return false;
    list_del(&c->link);
    s->orders -= c->order != NULL;
    bool fails = is_to_fail(s, c, &err);
    if (fails && c->order)
        c->order->outcome = STORE_BROKEN;
    bool ok = !fails && (!c->carry_out || c->carry_out(s, c, &err));
    if (ok)
        add_audit(s, &c->audit);
    if (ok && c->announced)
        store_changed(store);
    c->answer(s, c, ok ? NULL : &err);
    keep_done(&c->keep);
    free(c);
    return true;
}

void fake_store_run(struct store *s)
{
    while (fake_store_step(s))
        ;
}

void fake_store_hold(struct store *store, bool held)
{
    struct fake_store *s = own(store);
    s->held = held;
    if (!held && s->loop)
        uv_async_send(&s->wake);
}

void fake_store_fail(struct store *s, size_t count)
{
    own(s)->failing = count;
}

void fake_store_fail_reads(struct store *s, size_t count)
{
    own(s)->unreadable = count;
}

void fake_store_keep(struct store *s, bool kept)
{
    own(s)->kept = kept;
}

size_t fake_store_waiting(const struct store *s)
{
    size_t count = 0;
    LIST_EACH(node, &own(s)->calls)
    count += LIST_ENTRY(node, struct call, link)->writes;
    return count;
}

/* ---- orders */

static struct fake_run *find_run(struct fake_store *s, const char *id)
{
    for (size_t i = s->runs.count; i-- > 0;) /* most are about the newest */
        if (strcmp(s->runs.at[i]->row.run, id) == 0)
            return s->runs.at[i];
    return NULL;
}

const struct store_run *fake_store_row(struct store *s, const char *run)
{
    struct fake_run *r = find_run(own(s), run);
    return r ? &r->row : NULL;
}

static bool check_chunk(const struct store_order *o, uint64_t last, struct error *err)
{
    if (o->count == 0)
        return true;
    if (o->first != last + 1)
        return error_set(err, ERROR_INTERNAL, "run %s: a chunk begins at %llu, expected %llu",
                         o->run, (unsigned long long)o->first, (unsigned long long)last + 1);
    return o->first + o->count - 1 <= SEQ_MAX ||
           error_set(err, ERROR_LIMIT, "run %s: more than %d journal records", o->run, SEQ_MAX);
}

static struct repeat *find_repeat(struct fake_store *s, const struct store_accept *in)
{
    struct text caller = in->caller.data ? in->caller : TEXT("");
    for (size_t i = 0; i < s->repeats.count; i++) {
        struct repeat *r = &s->repeats.at[i];
        if (text_eq(r->caller, caller) && text_eq(r->project, in->project) &&
            text_eq(r->trigger, in->trigger) && text_eq(r->key, in->idempotency_key))
            return r;
    }
    return NULL;
}

static struct claim *find_claim(struct fake_store *s, const struct store_accept *in)
{
    for (size_t i = 0; i < s->claims.count; i++) {
        struct claim *c = &s->claims.at[i];
        if (text_eq(c->project, in->project) && text_eq(c->trigger, in->trigger) &&
            memcmp(c->fingerprint, in->fingerprint, SHA256_BYTES) == 0)
            return c;
    }
    return NULL;
}

static enum store_outcome judge_repeat(struct fake_store *s, const struct store_accept *in,
                                       char existing[ID_BYTES])
{
    const struct repeat *r = in->idempotency_key.data ? find_repeat(s, in) : NULL;
    existing[0] = '\0';
    if (!r)
        return STORE_DONE;
    memcpy(existing, r->run, ID_BYTES);
    return memcmp(r->body_hash, in->body_hash, SHA256_BYTES) == 0 ? STORE_REPEATED
                                                                  : STORE_KEY_REUSED;
}

static bool claim_alive(const struct claim *c, int64_t now_ms)
{
    return c && (c->until_ms == 0 || c->until_ms > now_ms);
}

static enum store_outcome judge_claims(struct fake_store *s, struct store_order *o)
{
    enum store_outcome outcome = judge_repeat(s, o->accept, o->existing);
    const struct claim *c = o->accept->unique ? find_claim(s, o->accept) : NULL;
    if (outcome != STORE_DONE || !claim_alive(c, o->accept->created_ms))
        return outcome;
    memcpy(o->existing, c->run, ID_BYTES);
    return STORE_DUPLICATE;
}

static void take_claims(struct fake_store *s, const struct store_order *o)
{
    const struct store_accept *in = o->accept;
    if (in->idempotency_key.data) {
        struct repeat *r = ADD(s, s->repeats);
        r->caller = remember(s, in->caller.data ? in->caller : TEXT(""));
        r->project = remember(s, in->project);
        r->trigger = remember(s, in->trigger);
        r->key = remember(s, in->idempotency_key);
        memcpy(r->body_hash, in->body_hash, SHA256_BYTES);
        memcpy(r->run, o->run, ID_BYTES);
    }
    if (in->unique) {
        struct claim *c = find_claim(s, in);
        if (!c)
            c = ADD(s, s->claims);
        c->project = remember(s, in->project);
        c->trigger = remember(s, in->trigger);
        memcpy(c->fingerprint, in->fingerprint, SHA256_BYTES);
        c->until_ms = in->unique_until_ms;
        memcpy(c->run, o->run, ID_BYTES);
    }
}

static void set_text(struct fake_store *s, struct text *to, struct text given)
{
    if (given.data)
        *to = remember(s, given);
}

static void set_time(int64_t *to, int64_t given)
{
    if (given)
        *to = given < 0 ? 0 : given;
}

static void update_row(struct fake_store *s, struct store_run *row, const struct store_update *u)
{
    if (u->status)
        row->status = u->status;
    if (u->steps)
        row->steps = u->steps;
    set_time(&row->started_ms, u->started_ms);
    set_time(&row->finished_ms, u->finished_ms);
    set_time(&row->wake_ms, u->wake_ms);
    set_text(s, &row->instruction, u->instruction);
    set_text(s, &row->result, u->result);
    set_text(s, &row->error_code, u->error_code);
    set_text(s, &row->error_message, u->error_message);
    set_text(s, &row->error_at, u->error_at);
    set_text(s, &row->owner, u->owner);
    set_text(s, &row->waiting, u->waiting);
    bool ended = store_status_final(row->status);
    if (ended)
        row->wake_ms = 0;
    if (ended || row->waiting.len == 0)
        row->waiting = TEXT_NONE;
}

static struct fake_run *add_run(struct fake_store *s, const struct store_order *o)
{
    const struct store_accept *in = o->accept;
    struct fake_run *r = keep_alloc(&s->memory, sizeof *r);
    *r = (struct fake_run){.row = {.project = remember(s, in->project),
                                   .trigger = remember(s, in->trigger),
                                   .kind = remember(s, in->kind),
                                   .session = remember(s, in->session),
                                   .instruction = remember(s, in->instruction),
                                   .event = remember(s, in->event),
                                   .parent = remember(s, in->parent),
                                   .owner = text_of(store_host_id(&s->store)),
                                   .status = STORE_QUEUED,
                                   .seed = in->seed,
                                   .created_ms = in->created_ms}};
    memcpy(r->row.run, o->run, ID_BYTES);
    memcpy(r->row.version, in->version, SHA256_BYTES);
    *ADD(s, s->runs) = r;
    return r;
}

static void take_inbox(struct fake_run *r, const struct store_order *o)
{
    int64_t last = store_status_final(r->row.status) ? INT64_MAX : o->inbox_taken;
    size_t kept = 0;
    for (size_t i = 0; i < r->inbox.count; i++)
        if (r->inbox.at[i].id > last)
            r->inbox.at[kept++] = r->inbox.at[i];
    r->inbox.count = kept;
}

static void apply_order(struct fake_store *s, struct fake_run *r, const struct store_order *o)
{
    update_row(s, &r->row, &o->update);
    take_inbox(r, o);
    if (o->count) {
        *ADD(s, r->chunks) = (struct store_chunk){o->first, o->count, remember(s, o->chunk)};
        r->row.seq = o->first + o->count - 1;
    }
}

static bool put_inbox(struct fake_store *s, struct store_order *o)
{
    struct fake_run *r = find_run(s, o->inbox->run);
    bool ended = r && store_status_final(r->row.status);
    o->ended = ended ? r->row.status : 0;
    o->outcome = !r                                  ? STORE_NO_RUN
                 : ended                             ? STORE_ENDED
                 : r->inbox.count == STORE_INBOX_MAX ? STORE_FULL
                                                     : STORE_DONE;
    if (o->outcome != STORE_DONE)
        return true;
    o->inbox_id = ++s->inbox_id;
    *ADD(s, r->inbox) = (struct store_inbox){.id = o->inbox_id,
                                             .run = r->row.run,
                                             .kind = remember(s, o->inbox->kind),
                                             .data = remember(s, o->inbox->data),
                                             .at_ms = o->inbox->at_ms};
    return true;
}

static bool accept_run(struct fake_store *s, struct store_order *o, struct error *err)
{
    if (!check_chunk(o, 0, err))
        return false;
    o->outcome = judge_claims(s, o);
    if (o->outcome != STORE_DONE)
        return true;
    if (find_run(s, o->run))
        return error_set(err, ERROR_EXISTS, "there is a run %s already", o->run);
    take_claims(s, o);
    apply_order(s, add_run(s, o), o);
    return true;
}

static bool carry_out_order(struct fake_store *s, struct call *c, struct error *err)
{
    struct store_order *o = c->order;
    o->outcome = STORE_DONE;
    o->existing[0] = '\0';
    if (o->inbox)
        return put_inbox(s, o);
    struct fake_run *r = o->accept ? NULL : find_run(s, o->run);
    bool ok = o->accept ? accept_run(s, o, err)
              : r       ? check_chunk(o, r->row.seq, err)
                        : error_set(err, ERROR_MISSING, "there is no run %s", o->run);
    if (ok && r)
        apply_order(s, r, o);
    if (!ok)
        o->outcome = STORE_WRONG;
    return ok;
}

static void answer_order(struct fake_store *s, struct call *c, const struct error *err)
{
    (void)s;
    if (err)
        c->order->err = *err;
    c->order->done(c->order);
}

static void fake_write(struct store *s, struct store_order *order)
{
    struct call *c = call_new(NULL);
    c->writes = true;
    c->order = order;
    c->carry_out = carry_out_order;
    c->answer = answer_order;
    hand_over(s, c);
}

/* ---- changes */

static void answer_written(struct fake_store *s, struct call *c, const struct error *err)
{
    (void)s;
    if (c->fn.written)
        c->fn.written(c->arg, err);
}

/* A call that writes; announced: watchers are told. */
static struct call *change_new(bool (*carry_out)(struct fake_store *, struct call *,
                                                 struct error *),
                               bool announced, const struct store_audit *audit,
                               store_written_fn done, void *arg)
{
    struct call *c = call_new(arg);
    struct keep *k = &c->keep;
    c->writes = true;
    c->carry_out = carry_out;
    c->answer = answer_written;
    c->announced = announced;
    c->fn.written = done;
    if (audit)
        c->audit = (struct store_audit){.at_ms = audit->at_ms,
                                        .actor = keep_text(k, audit->actor),
                                        .action = keep_text(k, audit->action),
                                        .target = keep_text(k, audit->target),
                                        .detail = keep_text(k, audit->detail),
                                        .request = keep_text(k, audit->request)};
    return c;
}

static void fake_audit(struct store *s, const struct store_audit *a, store_written_fn done,
                       void *arg)
{
    hand_over(s, change_new(NULL, false, a, done, arg));
}

static bool put_version(struct fake_store *s, struct call *c, struct error *err)
{
    (void)err;
    for (size_t i = 0; i < s->versions.count; i++)
        if (memcmp(s->versions.at[i].hash, c->hash, SHA256_BYTES) == 0)
            return true;
    struct version *v = ADD(s, s->versions);
    memcpy(v->hash, c->hash, SHA256_BYTES);
    v->bundle = remember(s, c->texts[0]);
    return true;
}

static void fake_put_version(struct store *s, const unsigned char hash[SHA256_BYTES],
                             struct text project, struct text trigger, struct text bundle,
                             store_written_fn done, void *arg)
{
    (void)project;
    (void)trigger;
    struct call *c = change_new(put_version, false, NULL, done, arg);
    memcpy(c->hash, hash, SHA256_BYTES);
    c->texts[0] = keep_text(&c->keep, bundle);
    hand_over(s, c);
}

static struct api_key *find_key(struct fake_store *s, const char *id)
{
    for (size_t i = 0; i < s->keys.count; i++)
        if (strcmp(s->keys.at[i].id, id) == 0)
            return &s->keys.at[i];
    return NULL;
}

static bool is_key(struct fake_store *s, const unsigned char *hash)
{
    for (size_t i = 0; i < s->keys.count; i++)
        if (memcmp(s->keys.at[i].hash, hash, SHA256_BYTES) == 0)
            return true;
    return false;
}

/* project NULL: of any trigger. */
static bool is_webhook(struct fake_store *s, const unsigned char *hash, const char *project,
                       const char *trigger)
{
    for (size_t i = 0; i < s->webhooks.count; i++) {
        const struct store_webhook *w = &s->webhooks.at[i];
        if (!w->revoked_ms && memcmp(w->hash, hash, SHA256_BYTES) == 0 &&
            (!project || (strcmp(w->project, project) == 0 && strcmp(w->trigger, trigger) == 0)))
            return true;
    }
    return false;
}

static bool create_key(struct fake_store *s, struct call *c, struct error *err)
{
    if (is_key(s, c->keys->hash) || find_key(s, c->keys->id))
        return error_set(err, ERROR_EXISTS, "this value is an API key already");
    if (is_webhook(s, c->keys->hash, NULL, NULL))
        return error_set(err, ERROR_EXISTS, "this value is a webhook's secret");
    *ADD(s, s->keys) = *c->keys;
    return true;
}

static void fake_key_create(struct store *s, const struct api_key *key,
                            const struct store_audit *audit, store_written_fn done, void *arg)
{
    struct call *c = change_new(create_key, true, audit, done, arg);
    c->keys = keep_alloc(&c->keep, sizeof *key);
    *c->keys = *key;
    hand_over(s, c);
}

static bool revoke_key(struct fake_store *s, struct call *c, struct error *err)
{
    struct api_key *key = find_key(s, c->id);
    if (!key)
        return error_set(err, ERROR_MISSING, "there is no key %s", c->id);
    if (!key->revoked_ms)
        key->revoked_ms = c->number;
    return true;
}

static void fake_key_revoke(struct store *s, const char *id, int64_t now_ms,
                            const struct store_audit *audit, store_written_fn done, void *arg)
{
    struct call *c = change_new(revoke_key, true, audit, done, arg);
    snprintf(c->id, sizeof c->id, "%s", id);
    c->number = now_ms;
    hand_over(s, c);
}

static bool note_used(struct fake_store *s, struct call *c, struct error *err)
{
    (void)err;
    for (size_t i = 0; i < c->count; i++) {
        struct api_key *key = find_key(s, c->keys[i].id);
        if (key && key->used_ms < c->keys[i].used_ms)
            key->used_ms = c->keys[i].used_ms;
    }
    return true;
}

static void fake_keys_used(struct store *s, const struct api_key *keys, size_t count,
                           store_written_fn done, void *arg)
{
    struct call *c = change_new(note_used, false, NULL, done, arg);
    c->keys = keep_alloc(&c->keep, (count + 1) * sizeof *keys);
    for (; c->count < count; c->count++)
        c->keys[c->count] = keys[c->count];
    hand_over(s, c);
}

static bool set_pause(struct fake_store *s, struct call *c, struct error *err)
{
    (void)err;
    size_t i = 0;
    for (; i < s->pauses.count; i++)
        if (strcmp(s->pauses.at[i].project, c->pause.project) == 0 &&
            strcmp(s->pauses.at[i].key, c->pause.key) == 0)
            break;
    bool there = i < s->pauses.count;
    if (there && !c->flag)
        s->pauses.at[i] = s->pauses.at[--s->pauses.count];
    if (!there && c->flag)
        *ADD(s, s->pauses) = (struct store_pause){.project = remember_word(s, c->pause.project),
                                                  .key = remember_word(s, c->pause.key),
                                                  .by = remember_word(s, c->pause.by),
                                                  .at_ms = c->pause.at_ms};
    return true;
}

static void fake_pause(struct store *s, const struct store_pause *p, bool paused,
                       const struct store_audit *audit, store_written_fn done, void *arg)
{
    struct call *c = change_new(set_pause, false, audit, done, arg);
    c->flag = paused;
    c->pause = (struct store_pause){.project = keep_text(&c->keep, text_of(p->project)).data,
                                    .key = keep_text(&c->keep, text_of(p->key)).data,
                                    .by = keep_text(&c->keep, text_of(p->by)).data,
                                    .at_ms = p->at_ms};
    hand_over(s, c);
}

/* Where the secret is, or is to be: the list is in the order of the names. */
static size_t secret_place(struct fake_store *s, const char *name, bool *there)
{
    size_t i = 0;
    while (i < s->secrets.count && strcmp(s->secrets.at[i].name, name) < 0)
        i++;
    *there = i < s->secrets.count && strcmp(s->secrets.at[i].name, name) == 0;
    return i;
}

static bool put_secret(struct fake_store *s, struct call *c, struct error *err)
{
    (void)err;
    bool there;
    size_t i = secret_place(s, c->secret.name, &there);
    int64_t created_ms = there ? s->secrets.at[i].created_ms : c->secret.updated_ms;
    if (!there) {
        struct store_secret *last = ADD(s, s->secrets);
        memmove(s->secrets.at + i + 1, s->secrets.at + i,
                (size_t)(last - (s->secrets.at + i)) * sizeof *last);
    }
    s->secrets.at[i] = (struct store_secret){.name = remember_word(s, c->secret.name),
                                             .hosts = remember_word(s, c->secret.hosts),
                                             .sealed = remember(s, c->secret.sealed),
                                             .created_ms = created_ms,
                                             .updated_ms = c->secret.updated_ms};
    return true;
}

static void fake_secret_put(struct store *s, const struct store_secret *secret,
                            const struct store_audit *audit, store_written_fn done, void *arg)
{
    struct call *c = change_new(put_secret, true, audit, done, arg);
    c->secret = *secret;
    c->secret.name = keep_text(&c->keep, text_of(secret->name)).data;
    c->secret.hosts = keep_text(&c->keep, text_of(secret->hosts)).data;
    c->secret.sealed = keep_text(&c->keep, secret->sealed);
    hand_over(s, c);
}

static bool remove_secret(struct fake_store *s, struct call *c, struct error *err)
{
    bool there;
    size_t i = secret_place(s, c->secret.name, &there);
    if (!there)
        return error_set(err, ERROR_MISSING, "there is no secret %s", c->secret.name);
    s->secrets.count--;
    memmove(s->secrets.at + i, s->secrets.at + i + 1,
            (s->secrets.count - i) * sizeof *s->secrets.at);
    return true;
}

static void fake_secret_remove(struct store *s, const char *name, const struct store_audit *audit,
                               store_written_fn done, void *arg)
{
    struct call *c = change_new(remove_secret, true, audit, done, arg);
    c->secret.name = keep_text(&c->keep, text_of(name)).data;
    hand_over(s, c);
}

static bool of_trigger(const struct store_webhook *w, const struct store_webhook *which)
{
    return (!which->project[0] || strcmp(w->project, which->project) == 0) &&
           (!which->trigger[0] || strcmp(w->trigger, which->trigger) == 0);
}

static void make_room(struct fake_store *s, struct call *c)
{
    struct store_webhook *oldest = NULL;
    size_t alive = 0;
    for (size_t i = 0; i < s->webhooks.count; i++) {
        struct store_webhook *w = &s->webhooks.at[i];
        if (w->revoked_ms || !of_trigger(w, &c->hook))
            continue;
        alive++;
        if (!oldest || w->created_ms < oldest->created_ms)
            oldest = w;
    }
    if (alive < STORE_WEBHOOKS_ALIVE)
        return;
    oldest->revoked_ms = c->hook.created_ms;
    c->revoked = 1;
}

static int by_trigger(const struct store_webhook *a, const struct store_webhook *b)
{
    int order = strcmp(a->project, b->project);
    if (order == 0)
        order = strcmp(a->trigger, b->trigger);
    if (order == 0)
        order = (a->created_ms > b->created_ms) - (a->created_ms < b->created_ms);
    return order ? order : strcmp(a->id, b->id);
}

static bool create_webhook(struct fake_store *s, struct call *c, struct error *err)
{
    if (is_key(s, c->hook.hash))
        return error_set(err, ERROR_EXISTS, "this value is an API key");
    if (is_webhook(s, c->hook.hash, c->hook.project, c->hook.trigger))
        return error_set(err, ERROR_EXISTS, "%s/%s has this secret already", c->hook.project,
                         c->hook.trigger);
    make_room(s, c);
    ADD(s, s->webhooks);
    size_t i = s->webhooks.count - 1;
    for (; i > 0 && by_trigger(&s->webhooks.at[i - 1], &c->hook) > 0; i--)
        s->webhooks.at[i] = s->webhooks.at[i - 1];
    s->webhooks.at[i] = c->hook;
    return true;
}

static bool revoke_webhook(struct fake_store *s, struct call *c, struct error *err)
{
    for (size_t i = 0; i < s->webhooks.count; i++) {
        struct store_webhook *w = &s->webhooks.at[i];
        if (w->revoked_ms || !of_trigger(w, &c->hook) ||
            (c->hook.id[0] && strcmp(w->id, c->hook.id) != 0))
            continue;
        w->revoked_ms = c->number;
        c->revoked++;
    }
    return c->revoked > 0 || error_set(err, ERROR_MISSING, "there is no such webhook secret");
}

static void answer_webhook(struct fake_store *s, struct call *c, const struct error *err)
{
    (void)s;
    if (c->fn.webhook)
        c->fn.webhook(c->arg, err ? 0 : c->revoked, err);
}

static void fake_webhook_create(struct store *s, const struct store_webhook *webhook,
                                const struct store_audit *audit, store_webhook_fn done, void *arg)
{
    struct call *c = change_new(create_webhook, true, audit, NULL, arg);
    c->answer = answer_webhook;
    c->fn.webhook = done;
    c->hook = *webhook;
    hand_over(s, c);
}

static void fake_webhook_revoke(struct store *s, const struct store_webhook *which, int64_t now_ms,
                                const struct store_audit *audit, store_webhook_fn done, void *arg)
{
    struct call *c = change_new(revoke_webhook, true, audit, NULL, arg);
    c->answer = answer_webhook;
    c->fn.webhook = done;
    c->hook = *which;
    c->number = now_ms;
    hand_over(s, c);
}

static void say(struct fake_store *s, const struct store_turn *t, const char *role,
                struct text said)
{
    struct message *m = NULL;
    for (size_t i = 0; i < s->messages.count && !m; i++) {
        struct store_message *at = &s->messages.at[i].said;
        if (text_eq(at->run, t->run) && at->step == t->step && text_is(at->role, role))
            m = &s->messages.at[i];
    }
    if (!m) {
        m = ADD(s, s->messages);
        m->project = remember(s, t->project);
        m->session = remember(s, t->session);
        m->said = (struct store_message){
            .role = text_of(role), .run = remember(s, t->run), .step = t->step};
    }
    m->said.text = remember(s, said.data ? said : TEXT(""));
    m->said.at_ms = t->at_ms;
}

static bool add_turn(struct fake_store *s, struct call *c, struct error *err)
{
    (void)err;
    say(s, &c->turn, "user", c->turn.user);
    say(s, &c->turn, "assistant", c->turn.assistant);
    return true;
}

static void fake_session_add(struct store *s, const struct store_turn *turn, store_written_fn done,
                             void *arg)
{
    struct call *c = change_new(add_turn, false, NULL, done, arg);
    struct keep *k = &c->keep;
    c->turn = *turn;
    c->turn.project = keep_text(k, turn->project);
    c->turn.session = keep_text(k, turn->session);
    c->turn.run = keep_text(k, turn->run);
    c->turn.user = keep_text(k, turn->user);
    c->turn.assistant = keep_text(k, turn->assistant);
    hand_over(s, c);
}

/* ---- reads */

static struct call *read_new(void (*answer)(struct fake_store *, struct call *,
                                            const struct error *),
                             const char *id, void *arg)
{
    struct call *c = call_new(arg);
    c->answer = answer;
    snprintf(c->id, sizeof c->id, "%s", id ? id : "");
    return c;
}

static void answer_run(struct fake_store *s, struct call *c, const struct error *err)
{
    const struct fake_run *r = err ? NULL : find_run(s, c->id);
    c->fn.run(c->arg, r ? &r->row : NULL, err);
}

static void fake_get_run(struct store *s, const char *run, store_run_fn fn, void *arg)
{
    struct call *c = read_new(answer_run, run, arg);
    c->fn.run = fn;
    hand_over(s, c);
}

static void answer_repeat(struct fake_store *s, struct call *c, const struct error *err)
{
    char existing[ID_BYTES];
    enum store_outcome outcome = judge_repeat(s, &c->accept, existing);
    c->fn.repeat(c->arg, err ? STORE_BROKEN : outcome, existing, err);
}

static void fake_find_repeat(struct store *s, const struct store_accept *wanted, store_repeat_fn fn,
                             void *arg)
{
    struct call *c = read_new(answer_repeat, NULL, arg);
    c->fn.repeat = fn;
    c->accept.project = keep_text(&c->keep, wanted->project);
    c->accept.trigger = keep_text(&c->keep, wanted->trigger);
    c->accept.caller = keep_text(&c->keep, wanted->caller);
    c->accept.idempotency_key = keep_text(&c->keep, wanted->idempotency_key);
    memcpy(c->accept.body_hash, wanted->body_hash, SHA256_BYTES);
    hand_over(s, c);
}

/* Where the run of the greatest id up to this one is, from 1; 0: there is none. */
static size_t place_of(struct fake_store *s, struct text id, bool *exact)
{
    size_t place = 0;
    char name[ID_BYTES];
    snprintf(name, sizeof name, "%.*s", (int)id.len, id.data);
    for (size_t i = 0; i < s->runs.count; i++) {
        const char *run = s->runs.at[i]->row.run;
        if (strcmp(run, name) <= 0 && (!place || strcmp(run, s->runs.at[place - 1]->row.run) > 0))
            place = i + 1;
    }
    *exact = place && strcmp(s->runs.at[place - 1]->row.run, name) == 0;
    return place;
}

static bool allowed(struct text projects, struct text project)
{
    if (text_is(projects, "*"))
        return true;
    while (projects.data) {
        struct text one = text_cut(&projects, ',');
        if (one.len && text_eq(one, project))
            return true;
    }
    return false;
}

static bool listed(const struct store_list *l, const struct store_run *row)
{
    return allowed(l->projects, row->project) &&
           (!l->project.data || text_eq(l->project, row->project)) &&
           (!l->trigger.data || text_eq(l->trigger, row->trigger)) &&
           (!l->session.data || text_eq(l->session, row->session)) &&
           (!l->status || l->status == row->status);
}

static void leave_out(struct text *t, bool *cut)
{
    if (t->len <= STORE_LIST_TEXT)
        return;
    *t = TEXT_NONE;
    *cut = true;
}

static void answer_list(struct fake_store *s, struct call *c, const struct error *err)
{
    const struct store_list *l = &c->list;
    size_t limit = l->limit < 1 ? 1 : l->limit > LIST_MAX ? LIST_MAX : l->limit;
    bool exact = false, more = false;
    size_t count = 0, end = s->runs.count;
    struct store_run *rows = keep_alloc(&c->keep, limit * sizeof *rows);
    if (l->before.data) {
        end = place_of(s, l->before, &exact);
        end -= exact;
    }
    for (size_t i = end; i-- > 0 && !more;) {
        if (!listed(l, &s->runs.at[i]->row))
            continue;
        more = count == limit;
        if (more)
            continue;
        rows[count] = s->runs.at[i]->row;
        leave_out(&rows[count].event, &rows[count].cut);
        leave_out(&rows[count].result, &rows[count].cut);
        count++;
    }
    c->fn.list(c->arg, rows, count, more, err);
}

static void fake_list_runs(struct store *s, const struct store_list *list, store_list_fn fn,
                           void *arg)
{
    struct call *c = read_new(answer_list, NULL, arg);
    c->fn.list = fn;
    c->list = *list;
    c->list.project = keep_text(&c->keep, list->project);
    c->list.trigger = keep_text(&c->keep, list->trigger);
    c->list.session = keep_text(&c->keep, list->session);
    c->list.before = keep_text(&c->keep, list->before);
    c->list.projects = keep_text(&c->keep, list->projects);
    hand_over(s, c);
}

static void answer_journal(struct fake_store *s, struct call *c, const struct error *err)
{
    struct fake_run *r = find_run(s, c->id);
    uint64_t from = (uint64_t)c->number;
    size_t first = 0, count = 0, bytes = 0;
    if (!r) {
        c->fn.journal(c->arg, NULL, 0, 0, (enum store_status)0, err);
        return;
    }
    while (first < r->chunks.count && r->chunks.at[first].first + r->chunks.at[first].count <= from)
        first++;
    for (; first + count < r->chunks.count; count++) {
        bytes += r->chunks.at[first + count].bytes.len;
        if (count > 0 && bytes > c->count)
            break;
    }
    c->fn.journal(c->arg, r->chunks.at + first, count, r->row.seq, r->row.status, err);
}

static void fake_read_journal(struct store *s, const char *run, uint64_t from, size_t max_bytes,
                              store_journal_fn fn, void *arg)
{
    struct call *c = read_new(answer_journal, run, arg);
    c->fn.journal = fn;
    c->number = from > INT64_MAX ? INT64_MAX : (int64_t)from;
    c->count = max_bytes;
    hand_over(s, c);
}

static void answer_inbox(struct fake_store *s, struct call *c, const struct error *err)
{
    const struct fake_run *r = find_run(s, c->id);
    size_t first = 0, count = 0, bytes = 0;
    while (r && first < r->inbox.count && r->inbox.at[first].id <= c->number)
        first++;
    for (; r && first + count < r->inbox.count; count++) {
        bytes += r->inbox.at[first + count].data.len;
        if (count > 0 && bytes > STORE_INBOX_BYTES)
            break;
    }
    c->fn.inbox(c->arg, count ? r->inbox.at + first : NULL, count, err);
}

static void fake_read_inbox(struct store *s, const char *run, int64_t after, store_inbox_fn fn,
                            void *arg)
{
    struct call *c = read_new(answer_inbox, run, arg);
    c->fn.inbox = fn;
    c->number = after;
    hand_over(s, c);
}

static void answer_due(struct fake_store *s, struct call *c, const struct error *err)
{
    char(*ids)[ID_BYTES] = keep_alloc(&c->keep, (c->count + 1) * sizeof *ids);
    bool exact;
    if (err) {
        c->fn.due(c->arg, NULL, 0, 0, err);
        return;
    }
    size_t count = 0, after = c->texts[0].data ? place_of(s, c->texts[0], &exact) : 0;
    int64_t next_ms = 0;
    for (size_t i = 0; i < s->runs.count; i++) {
        const struct fake_run *r = s->runs.at[i];
        int64_t wake_ms = r->row.wake_ms;
        bool wakes = wake_ms > 0 && wake_ms <= c->number;
        bool due = wakes || r->inbox.count > 0 || (c->flag && r->row.status < STORE_WAITING);
        if (due && i >= after && count < c->count)
            memcpy(ids[count++], r->row.run, ID_BYTES);
        if (wake_ms > c->number && (!next_ms || wake_ms < next_ms))
            next_ms = wake_ms;
    }
    c->fn.due(c->arg, (const char(*)[ID_BYTES])ids, count, next_ms, err);
}

static void fake_due(struct store *s, int64_t now_ms, bool unfinished, struct text after,
                     uint32_t limit, store_due_fn fn, void *arg)
{
    struct call *c = read_new(answer_due, NULL, arg);
    c->fn.due = fn;
    c->number = now_ms;
    c->flag = unfinished;
    c->texts[0] = keep_text(&c->keep, after);
    c->count = limit;
    hand_over(s, c);
}

static void answer_version(struct fake_store *s, struct call *c, const struct error *err)
{
    struct text bundle = TEXT_NONE;
    for (size_t i = 0; i < s->versions.count; i++)
        if (memcmp(s->versions.at[i].hash, c->hash, SHA256_BYTES) == 0)
            bundle = s->versions.at[i].bundle;
    c->fn.version(c->arg, bundle, err);
}

static void fake_get_version(struct store *s, const unsigned char hash[SHA256_BYTES],
                             store_version_fn fn, void *arg)
{
    struct call *c = read_new(answer_version, NULL, arg);
    c->fn.version = fn;
    memcpy(c->hash, hash, SHA256_BYTES);
    hand_over(s, c);
}

static void answer_keys(struct fake_store *s, struct call *c, const struct error *err)
{
    c->fn.keys(c->arg, s->keys.at, s->keys.count, err);
}

static void fake_list_keys(struct store *s, store_keys_fn fn, void *arg)
{
    struct call *c = read_new(answer_keys, NULL, arg);
    c->fn.keys = fn;
    hand_over(s, c);
}

static void answer_pauses(struct fake_store *s, struct call *c, const struct error *err)
{
    c->fn.pauses(c->arg, s->pauses.at, s->pauses.count, err);
}

static void fake_list_pauses(struct store *s, store_pauses_fn fn, void *arg)
{
    struct call *c = read_new(answer_pauses, NULL, arg);
    c->fn.pauses = fn;
    hand_over(s, c);
}

static void answer_audit(struct fake_store *s, struct call *c, const struct error *err)
{
    size_t limit = c->count, count = 0, i = s->audits.count;
    struct store_audit_row *rows = keep_alloc(&c->keep, (limit + 1) * sizeof *rows);
    while (i > 0 && s->audits.at[i - 1].num >= c->number)
        i--;
    for (; i > 0 && count < limit; i--)
        rows[count++] = s->audits.at[i - 1];
    c->fn.audits(c->arg, rows, count, i > 0, err);
}

static void fake_list_audit(struct store *s, int64_t before, uint32_t limit, store_audits_fn fn,
                            void *arg)
{
    struct call *c = read_new(answer_audit, NULL, arg);
    c->fn.audits = fn;
    c->number = before;
    c->count = limit < 1 ? 1 : limit > LIST_MAX ? LIST_MAX : limit;
    hand_over(s, c);
}

static void answer_secrets(struct fake_store *s, struct call *c, const struct error *err)
{
    c->fn.secrets(c->arg, s->secrets.at, s->secrets.count, err);
}

static void fake_list_secrets(struct store *s, store_secrets_fn fn, void *arg)
{
    struct call *c = read_new(answer_secrets, NULL, arg);
    c->fn.secrets = fn;
    hand_over(s, c);
}

static void answer_webhooks(struct fake_store *s, struct call *c, const struct error *err)
{
    c->fn.webhooks(c->arg, s->webhooks.at, s->webhooks.count, err);
}

static void fake_list_webhooks(struct store *s, store_webhooks_fn fn, void *arg)
{
    struct call *c = read_new(answer_webhooks, NULL, arg);
    c->fn.webhooks = fn;
    hand_over(s, c);
}

static void answer_session(struct fake_store *s, struct call *c, const struct error *err)
{
    struct store_message *rows = keep_alloc(&c->keep, (c->count + 1) * sizeof *rows);
    size_t count = 0;
    for (size_t i = s->messages.count; i-- > 0 && count < c->count;)
        if (text_eq(s->messages.at[i].project, c->texts[0]) &&
            text_eq(s->messages.at[i].session, c->texts[1]))
            rows[c->count - ++count] = s->messages.at[i].said; /* from the end: oldest first */
    c->fn.session(c->arg, rows + c->count - count, count, err);
}

static void fake_read_session(struct store *s, struct text project, struct text session,
                              uint32_t limit, store_session_fn fn, void *arg)
{
    struct call *c = read_new(answer_session, NULL, arg);
    c->fn.session = fn;
    c->texts[0] = keep_text(&c->keep, project);
    c->texts[1] = keep_text(&c->keep, session);
    c->count = limit;
    hand_over(s, c);
}

/* ---- life */

static void fake_load(const struct store *s, size_t *waiting, int64_t *commit_us)
{
    *waiting = own(s)->orders;
    *commit_us = 1;
}

static const char *fake_host_id(const struct store *s)
{
    (void)s;
    return "host_fake";
}

static bool fake_watch(struct store *s, struct store_watcher *w, struct error *err)
{
    (void)err;
    list_add(&s->watchers, &w->link);
    return true;
}

static void finish_closing(struct fake_store *s)
{
    if (s->closed)
        s->closed(s->closed_arg);
    if (s->kept)
        return;
    keep_done(&s->memory);
    free(s);
}

static void on_wake_closed(uv_handle_t *wake)
{
    finish_closing(CONTAINER_OF((uv_async_t *)wake, struct fake_store, wake));
}

static void fake_close(struct store *store, void (*closed)(void *arg), void *arg)
{
    struct fake_store *s = own(store);
    s->held = false;
    fake_store_run(store);
    s->closed = closed;
    s->closed_arg = arg;
    if (s->loop)
        uv_close((uv_handle_t *)&s->wake, on_wake_closed);
    else
        finish_closing(s);
}

static void on_wake(uv_async_t *wake)
{
    struct fake_store *s = CONTAINER_OF(wake, struct fake_store, wake);
    while (!uv_is_closing((uv_handle_t *)wake) && fake_store_step(&s->store))
        ;
}

static const struct store_kind fake_kind = {
    .close = fake_close,
    .load = fake_load,
    .host_id = fake_host_id,
    .watch = fake_watch,
    .write = fake_write,
    .put_version = fake_put_version,
    .audit = fake_audit,
    .key_create = fake_key_create,
    .key_revoke = fake_key_revoke,
    .keys_used = fake_keys_used,
    .pause = fake_pause,
    .secret_put = fake_secret_put,
    .secret_remove = fake_secret_remove,
    .webhook_create = fake_webhook_create,
    .webhook_revoke = fake_webhook_revoke,
    .session_add = fake_session_add,
    .get_run = fake_get_run,
    .find_repeat = fake_find_repeat,
    .list_runs = fake_list_runs,
    .read_journal = fake_read_journal,
    .read_inbox = fake_read_inbox,
    .due = fake_due,
    .get_version = fake_get_version,
    .list_keys = fake_list_keys,
    .list_pauses = fake_list_pauses,
    .list_audit = fake_list_audit,
    .list_secrets = fake_list_secrets,
    .list_webhooks = fake_list_webhooks,
    .read_session = fake_read_session,
};

struct store *fake_store_open(uv_loop_t *loop)
{
    struct fake_store *s = mem_zero(1, sizeof *s);
    s->store.kind = &fake_kind;
    s->loop = loop;
    list_init(&s->store.watchers);
    list_init(&s->calls);
    if (loop)
        uv_async_init(loop, &s->wake, on_wake);
    return &s->store;
}

struct store *fake_store_open_options(const struct store_options *options, struct error *err)
{
    (void)err;
    return fake_store_open(options->loop);
}
