/* SPDX-License-Identifier: MIT */
/* A chunk of the journal: any bytes. What is read lies inside it and is written back alike; an
 * event that is rendered from it is JSON on one line, whatever the texts hold. */
#include "fuzz.h"

#include "base/json.h"
#include "domain/record.h"
#include "net/sse.h"

enum { OUT_MAX = 16 << 20 };

static void check_written(const struct record *r, struct text bytes)
{
    struct buf out;
    buf_init(&out, OUT_MAX);
    record_write(&out, r);
    fuzz_same(buf_view(&out), bytes, "a record written again");
    buf_done(&out);
}

static bool on_event(void *arg, const struct sse_event *event)
{
    struct buf *data = arg;
    FUZZ_CHECK(data->len == 0, "two events of one record");
    buf_text(data, event->data);
    return true;
}

/* Data in the journal is JSON, which is checked before it gets there. */
static void check_rendered(const struct record *r)
{
    struct error err = {0};
    struct buf event, sse_text, data;
    struct sse sse;
    buf_init(&event, OUT_MAX);
    buf_init(&sse_text, OUT_MAX);
    buf_init(&data, OUT_MAX);
    sse_init(&sse);
    record_render(&event, "run_1", 7, r);
    cJSON *tree = json_parse_own(buf_view(&event), &err);
    bool nul = (r->name.data && memchr(r->name.data, '\0', r->name.len)) ||
               (r->kind.data && memchr(r->kind.data, '\0', r->kind.len));
    FUZZ_CHECK(tree || nul, "%s: %s", err.text, event.data);
    record_render_sse(&sse_text, "run_1", 7, r, true);
    FUZZ_CHECK(sse_feed(&sse, buf_view(&sse_text), on_event, &data), "sse");
    fuzz_same(buf_view(&data), buf_view(&event), "the event of a record");
    cJSON_Delete(tree);
    sse_done(&sse);
    buf_done(&event);
    buf_done(&sse_text);
    buf_done(&data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text all = fuzz_text(data, size);
    char *copy = fuzz_copy(all);
    struct text chunk = {copy, all.len};
    struct record r;
    struct error err;
    for (struct text before = chunk; record_next(&chunk, &r); before = chunk) {
        FUZZ_CHECK(chunk.len < before.len && chunk.data + chunk.len == copy + all.len, "progress");
        check_written(&r, (struct text){before.data, before.len - chunk.len});
        cJSON *tree = r.data.data ? json_parse(r.data, &err) : NULL;
        if (tree || !r.data.data)
            check_rendered(&r);
        cJSON_Delete(tree);
    }
    free(copy);
    return 0;
}
