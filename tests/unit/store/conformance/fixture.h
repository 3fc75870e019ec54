/* SPDX-License-Identifier: MIT */
/* fixture.h - a store of the factory's, in a folder of its own, and a loop to wait on. Each group
 * includes it once; what it does not use of it stays unused. */
#pragma once
#include "store/conformance/conformance.h"
#include "test.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wunused-function"

struct fixture {
    char data[64];
    uv_loop_t loop;
    struct store *s;
    struct store_options options;
};

/* ---- folders */

static void folder_make_temporary(char *out, size_t cap)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(out, cap, "%s/moontide-XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    assert_non_null(mkdtemp(out));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void folder_remove(const char *path)
{
    nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static char *path_in(const char *data, const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", data, name);
    return path;
}

/* ---- life */

static void set_flag(void *arg)
{
    *(bool *)arg = true;
}

static void wait_for(uv_loop_t *loop, const bool *flag)
{
    while (!*flag)
        uv_run(loop, UV_RUN_ONCE);
}

static void fixture_open(struct fixture *f)
{
    struct error err = {0};
    f->options.data = f->data;
    f->options.loop = &f->loop;
    f->s = conformance_factory->open(&f->options, &err);
    if (!f->s)
        fail_msg("%s", err.text);
}

static void fixture_close(struct fixture *f)
{
    bool closed = false;
    store_close(f->s, set_flag, &closed);
    wait_for(&f->loop, &closed);
    f->s = NULL;
}

/* For tests of what not every kind of store does. */
static void need_keeping(void)
{
    if (!conformance_factory->keeps)
        skip();
}

static void need_beside(void)
{
    if (!conformance_factory->beside)
        skip();
}

static int set_up_folder(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    folder_make_temporary(f->data, sizeof f->data);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    *state = f;
    return 0;
}

static int set_up(void **state)
{
    set_up_folder(state);
    fixture_open(*state);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    if (f->s)
        fixture_close(f);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    folder_remove(f->data);
    free(f);
    return 0;
}

/* ---- beside the store, as the CLI */

static struct store *beside_open(struct fixture *f)
{
    struct error err = {0};
    struct store *s = store_open_blocking(f->data, false, &err);
    if (!s)
        fail_msg("%s", err.text);
    return s;
}

/* ---- small changes */

struct seen_write {
    bool done, failed;
    struct error err;
};

static void on_written(void *arg, const struct error *err)
{
    struct seen_write *seen = arg;
    seen->done = true;
    seen->failed = err != NULL;
    if (err)
        seen->err = *err;
}

/* ---- orders */

static void on_done(struct store_order *o)
{
    *(bool *)o->arg = true;
}

static struct store_accept accept_of(const char *project, const char *trigger)
{
    return (struct store_accept){
        .project = text_of(project),
        .trigger = text_of(trigger),
        .kind = TEXT("api"),
        .event = TEXT("{\"body\":{}}"),
        .seed = 0xfedcba9876543210,
        .version = {7},
        .created_ms = 1000,
    };
}

/* The order that accepts a run with a chunk of `count` records. */
static struct store_order acceptance(const char *run, const struct store_accept *accept,
                                     uint32_t count)
{
    struct store_order o = {.accept = accept, .first = 1, .count = count};
    snprintf(o.run, sizeof o.run, "%s", run);
    o.chunk = TEXT("chunk one");
    return o;
}

static struct store_order later(const char *run, uint64_t first, uint32_t count)
{
    struct store_order o = {.first = first, .count = count};
    snprintf(o.run, sizeof o.run, "%s", run);
    o.chunk = TEXT("later chunk");
    return o;
}

/* Writes and waits. */
static enum store_outcome write_order(struct fixture *f, struct store_order *o)
{
    bool done = false;
    o->done = on_done;
    o->arg = &done;
    store_write(f->s, o);
    wait_for(&f->loop, &done);
    return o->outcome;
}

static void write_ok(struct fixture *f, struct store_order *o)
{
    if (write_order(f, o) != STORE_DONE)
        fail_msg("order of %s: outcome %d, %s", o->run, o->outcome, o->err.text);
}

/* A run of support/refund in the given state. */
static void make_run(struct fixture *f, const char *run, enum store_status status, int64_t wake_ms)
{
    struct store_accept in = accept_of("support", "refund");
    struct store_order o = acceptance(run, &in, 1);
    o.update.status = status;
    o.update.wake_ms = wake_ms;
    write_ok(f, &o);
}

/* ---- reads: what a callback saw, copied */

struct seen_run {
    bool done, found, failed;
    struct store_run row; /* its texts are not to be used */
    char project[64], trigger[64], session[64], instruction[64], event[8192], result[64];
    char error_code[64], error_message[64], error_at[64], parent[64], owner[64], waiting[64];
    bool has_instruction, has_session, has_result, has_parent;
};

static void copy_text(char *out, size_t cap, struct text t)
{
    snprintf(out, cap, "%.*s", (int)t.len, t.data ? t.data : "");
}

static void on_run(void *arg, const struct store_run *row, const struct error *err)
{
    struct seen_run *seen = arg;
    seen->done = true;
    seen->failed = err != NULL;
    seen->found = row != NULL;
    if (!row)
        return;
    seen->row = *row;
    copy_text(seen->project, sizeof seen->project, row->project);
    copy_text(seen->trigger, sizeof seen->trigger, row->trigger);
    copy_text(seen->session, sizeof seen->session, row->session);
    copy_text(seen->instruction, sizeof seen->instruction, row->instruction);
    copy_text(seen->event, sizeof seen->event, row->event);
    copy_text(seen->result, sizeof seen->result, row->result);
    copy_text(seen->error_code, sizeof seen->error_code, row->error_code);
    copy_text(seen->error_message, sizeof seen->error_message, row->error_message);
    copy_text(seen->error_at, sizeof seen->error_at, row->error_at);
    copy_text(seen->parent, sizeof seen->parent, row->parent);
    copy_text(seen->owner, sizeof seen->owner, row->owner);
    copy_text(seen->waiting, sizeof seen->waiting, row->waiting);
    seen->has_instruction = row->instruction.data != NULL;
    seen->has_session = row->session.data != NULL;
    seen->has_result = row->result.data != NULL;
    seen->has_parent = row->parent.data != NULL;
}

static struct seen_run get_run(struct fixture *f, const char *run)
{
    struct seen_run seen = {0};
    store_get_run(f->s, run, on_run, &seen);
    wait_for(&f->loop, &seen.done);
    assert_false(seen.failed);
    return seen;
}

struct seen_ids {
    bool done, more, cut, failed;
    size_t count;
    int64_t next_wake_ms;
    char text[1024]; /* the ids without "run_", separated by blanks */
    char last[ID_BYTES];
};

static void add_id(struct seen_ids *seen, const char *id)
{
    seen->count++;
    snprintf(seen->last, sizeof seen->last, "%s", id);
    size_t len = strlen(seen->text);
    if (len < sizeof seen->text - ID_BYTES)
        snprintf(seen->text + len, sizeof seen->text - len, "%s%s", len ? " " : "",
                 strncmp(id, "run_", 4) == 0 ? id + 4 : id);
}

static void on_list(void *arg, const struct store_run *rows, size_t count, bool more,
                    const struct error *err)
{
    struct seen_ids *seen = arg;
    seen->done = true;
    seen->failed = err != NULL;
    seen->more = more;
    for (size_t i = 0; i < count; i++) {
        add_id(seen, rows[i].run);
        seen->cut |= rows[i].cut;
    }
}

static struct seen_ids list_runs(struct fixture *f, struct store_list list)
{
    struct seen_ids seen = {0};
    if (!list.projects.data)
        list.projects = TEXT("*");
    if (!list.limit)
        list.limit = 50;
    store_list_runs(f->s, &list, on_list, &seen);
    wait_for(&f->loop, &seen.done);
    assert_false(seen.failed);
    return seen;
}

static void on_due(void *arg, const char (*runs)[ID_BYTES], size_t count, int64_t next_wake_ms,
                   const struct error *err)
{
    struct seen_ids *seen = arg;
    seen->done = true;
    seen->failed = err != NULL;
    seen->next_wake_ms = next_wake_ms;
    for (size_t i = 0; i < count; i++)
        add_id(seen, runs[i]);
}

static struct seen_ids due_runs(struct fixture *f, int64_t now_ms, bool unfinished,
                                const char *after, uint32_t limit)
{
    struct seen_ids seen = {0};
    store_due(f->s, now_ms, unfinished, text_of(after), limit, on_due, &seen);
    wait_for(&f->loop, &seen.done);
    assert_false(seen.failed);
    return seen;
}

struct seen_journal {
    bool done, failed;
    size_t count, bytes;
    uint64_t end, first, last;
    enum store_status status;
    char text[256]; /* "1+2 3+1": first + count */
    char chunks[256];
};

static void on_journal(void *arg, const struct store_chunk *chunks, size_t count, uint64_t end,
                       enum store_status status, const struct error *err)
{
    struct seen_journal *seen = arg;
    seen->done = true;
    seen->failed = err != NULL;
    seen->count = count;
    seen->end = end;
    seen->status = status;
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(seen->text);
        snprintf(seen->text + len, sizeof seen->text - len, "%s%d+%d", len ? " " : "",
                 (int)chunks[i].first, (int)chunks[i].count);
        len = strlen(seen->chunks);
        snprintf(seen->chunks + len, sizeof seen->chunks - len, "%s%.*s", len ? "|" : "",
                 (int)chunks[i].bytes.len, chunks[i].bytes.data);
        seen->bytes += chunks[i].bytes.len;
        if (i == 0)
            seen->first = chunks[i].first;
        seen->last = chunks[i].first + chunks[i].count - 1;
    }
}

static struct seen_journal read_journal(struct fixture *f, const char *run, uint64_t from,
                                        size_t max_bytes)
{
    struct seen_journal seen = {0};
    store_read_journal(f->s, run, from, max_bytes, on_journal, &seen);
    wait_for(&f->loop, &seen.done);
    assert_false(seen.failed);
    return seen;
}
