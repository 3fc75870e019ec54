/* SPDX-License-Identifier: MIT */
/* The table of what was said in sessions. */
#include "base/mem.h"
#include "store/sqlite/messages.h"
#include "store/sqlite/query.h"
#include "store/sqlite/store.h"

enum { SESSION_BYTES_MAX = 256 << 10 }; /* of texts in one read: the newest that fit */

static const char message_insert[] =
    "INSERT INTO session_message(project, session, run, step, role, text, at_ms)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(run, step, role)"
    " DO UPDATE SET text = excluded.text, at_ms = excluded.at_ms";
static const char newest_messages[] =
    "SELECT role, text, run, step, at_ms FROM session_message"
    " WHERE project = ?1 AND session = ?2 ORDER BY num DESC LIMIT ?3";

struct turn_write {
    struct write write;
    struct store_turn turn; /* texts in `write.keep` */
};

static bool insert_message(struct connection *q, const struct store_turn *turn, const char *role,
                           struct text text, struct error *err)
{
    struct query s;
    query_begin(&s, q, message_insert);
    query_text(&s, turn->project);
    query_text(&s, turn->session);
    query_text(&s, turn->run);
    query_int(&s, turn->step);
    query_text(&s, text_of(role));
    query_text(&s, text.data ? text : TEXT(""));
    query_int(&s, turn->at_ms);
    return query_do(&s, err);
}

static bool insert_turn(struct write *w, struct connection *q, struct error *err)
{
    const struct store_turn *turn = &CONTAINER_OF(w, struct turn_write, write)->turn;
    return insert_message(q, turn, "user", turn->user, err) &&
           insert_message(q, turn, "assistant", turn->assistant, err);
}

void sqlite_session_add(struct store *s, const struct store_turn *turn, store_written_fn done,
                        void *arg)
{
    struct turn_write *w = mem_zero(1, sizeof *w);
    struct keep *k = &w->write.keep;
    w->write.apply = insert_turn;
    w->turn = (struct store_turn){
        .project = keep_text(k, turn->project),
        .session = keep_text(k, turn->session),
        .run = keep_text(k, turn->run),
        .step = turn->step,
        .user = keep_text(k, turn->user),
        .assistant = keep_text(k, turn->assistant),
        .at_ms = turn->at_ms,
    };
    write_start(s, &w->write, NULL, done, arg);
}

/* ---- reading, oldest first */

struct session_read {
    struct read read;
    struct text project, session; /* in `read.keep` */
    uint32_t limit;
    struct store_message *rows;
    size_t count;
    store_session_fn fn;
    void *arg;
};

static void reverse_rows(struct store_message *rows, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct store_message first = rows[i];
        rows[i] = rows[count - 1 - i];
        rows[count - 1 - i] = first;
    }
}

static bool read_newest(struct read *r, struct connection *q, struct error *err)
{
    struct session_read *l = CONTAINER_OF(r, struct session_read, read);
    struct query s;
    size_t bytes = 0;
    int step = 0;
    l->rows = keep_alloc(&r->keep, (l->limit ? l->limit : 1) * sizeof *l->rows);
    query_begin(&s, q, newest_messages);
    query_text(&s, l->project);
    query_text(&s, l->session);
    query_int(&s, l->limit);
    while (l->count < l->limit && (step = query_step(&s, err)) > 0) {
        struct text text = query_column_text(&s, 1);
        bytes += text.len;
        if (bytes > SESSION_BYTES_MAX && l->count > 0)
            break;
        l->rows[l->count++] = (struct store_message){
            .role = keep_text(&r->keep, query_column_text(&s, 0)),
            .text = keep_text(&r->keep, text),
            .run = keep_text(&r->keep, query_column_text(&s, 2)),
            .step = (uint32_t)query_column_int(&s, 3),
            .at_ms = query_column_int(&s, 4),
        };
    }
    query_end(&s);
    reverse_rows(l->rows, l->count);
    return step >= 0;
}

static void answer_session(struct read *r)
{
    struct session_read *l = CONTAINER_OF(r, struct session_read, read);
    l->fn(l->arg, r->failed ? NULL : l->rows, r->failed ? 0 : l->count, read_error(r));
}

void sqlite_read_session(struct store *s, struct text project, struct text session, uint32_t limit,
                         store_session_fn fn, void *arg)
{
    struct session_read *l = mem_zero(1, sizeof *l);
    l->read.run = read_newest;
    l->read.answer = answer_session;
    l->project = keep_text(&l->read.keep, project);
    l->session = keep_text(&l->read.keep, session);
    l->limit = limit;
    l->fn = fn;
    l->arg = arg;
    read_start(s, &l->read);
}
