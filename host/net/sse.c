/* SPDX-License-Identifier: MIT */
#include "net/sse.h"
#include <string.h>

void sse_init(struct sse *s)
{
    memset(s, 0, sizeof *s);
    buf_init(&s->line, SSE_EVENT_MAX);
    buf_init(&s->data, SSE_EVENT_MAX);
    buf_init(&s->name, SSE_EVENT_MAX);
    buf_init(&s->id, SSE_EVENT_MAX);
    s->retry_ms = -1;
}

void sse_done(struct sse *s)
{
    buf_done(&s->line);
    buf_done(&s->data);
    buf_done(&s->name);
    buf_done(&s->id);
}

static void forget_event(struct sse *s)
{
    buf_clear(&s->data);
    buf_clear(&s->name);
    s->has_data = s->has_name = false;
}

void sse_restart(struct sse *s)
{
    forget_event(s);
    buf_clear(&s->line);
    buf_clear(&s->id);
    s->has_id = s->after_cr = s->started = false;
}

static struct text view(const struct buf *b, bool there)
{
    if (!there)
        return TEXT_NONE;
    return b->data ? buf_view(b) : TEXT("");
}

static bool dispatch(struct sse *s, sse_fn fn, void *arg)
{
    bool go_on = true;
    if (s->has_data) {
        const struct sse_event event = {
            .data = view(&s->data, true),
            .name = view(&s->name, s->has_name),
            .id = view(&s->id, s->has_id),
        };
        go_on = fn(arg, &event);
    }
    forget_event(s);
    return go_on;
}

static void keep_field(struct buf *b, bool *has, struct text value)
{
    buf_clear(b);
    buf_text(b, value);
    *has = true;
}

static void take_field(struct sse *s, struct text line)
{
    struct text value = line;
    struct text name = text_cut(&value, ':');
    if (!value.data)
        value = TEXT("");
    if (text_starts(value, " "))
        value = (struct text){value.data + 1, value.len - 1};

    uint64_t number;
    if (text_is(name, "data")) {
        if (s->has_data)
            buf_char(&s->data, '\n');
        buf_text(&s->data, value);
        s->has_data = true;
    } else if (text_is(name, "event")) {
        keep_field(&s->name, &s->has_name, value);
    } else if (text_is(name, "id")) {
        if (!memchr(value.data, '\0', value.len))
            keep_field(&s->id, &s->has_id, value);
    } else if (text_is(name, "retry") && text_u64(value, &number) && number <= INT64_MAX) {
        s->retry_ms = (int64_t)number;
    } /* all else, comments too (their name is empty), is ignored */
}

static bool end_line(struct sse *s, sse_fn fn, void *arg)
{
    struct text line = view(&s->line, true);
    if (!s->started && text_starts(line, "\xEF\xBB\xBF"))
        line = (struct text){line.data + 3, line.len - 3};
    s->started = true;

    bool go_on = true;
    if (line.len == 0)
        go_on = dispatch(s, fn, arg);
    else
        take_field(s, line);
    buf_clear(&s->line);
    return go_on && !s->data.full;
}

static size_t line_length(struct text bytes)
{
    size_t n = 0;
    while (n < bytes.len && bytes.data[n] != '\n' && bytes.data[n] != '\r')
        n++;
    return n;
}

bool sse_feed(struct sse *s, struct text bytes, sse_fn fn, void *arg)
{
    while (bytes.len) {
        if (s->after_cr && bytes.data[0] == '\n') { /* the second half of CR LF */
            bytes = (struct text){bytes.data + 1, bytes.len - 1};
            s->after_cr = false;
            continue;
        }
        size_t n = line_length(bytes);
        buf_add(&s->line, bytes.data, n);
        if (s->line.full)
            return false;
        s->after_cr = n < bytes.len && bytes.data[n] == '\r';
        if (n < bytes.len) {
            if (!end_line(s, fn, arg))
                return false;
            n++;
        }
        bytes = (struct text){bytes.data + n, bytes.len - n};
    }
    return true;
}
