/* SPDX-License-Identifier: MIT */
/* native.c - the host's own way to start a run: Prefer: wait=N or respond-async (RFC 7240) goes
 * over the trigger's own `wait`; a waiting time that is over is 202 with Location, not an error. */
#include "serve/dialects/dialects.h"

enum { WAIT_MAX_S = 300 };

static void render(void *arg, const struct outcome *o)
{
    struct request *q = arg;
    q->ticket = NULL;
    bool going = o->verdict == VERDICT_ACCEPTED || o->verdict == VERDICT_WAIT_TIMEOUT;
    if (!going && o->verdict != VERDICT_COMPLETED) {
        struct refusal r = {.verdict = o->verdict,
                            .detail = o->detail,
                            .field = o->field,
                            .run = o->run,
                            .code = o->code,
                            .at = o->at};
        request_refuse(q, &r);
        return;
    }
    struct buf b;
    buf_init(&b, 16u << 20);
    put_run_head(&b, o);
    buf_str(&b, ",\"result\":");
    buf_text(&b, o->result.data ? o->result : TEXT("null"));
    put_stream_url(&b, q, o->run);
    buf_char(&b, '}');
    if (going)
        set_location(q, o->run);
    request_names_run(q, o->run);
    request_json(q, going ? 202 : 200, buf_view(&b));
    buf_done(&b);
}

void native_head(struct request *q)
{
    fire_head(q, VERDICT_FORBIDDEN);
}

/* What is not understood in Prefer is ignored, as its standard asks. */
static int64_t preferred_wait_ms(const struct request *q)
{
    struct text rest = exchange_header(q->x, "prefer");
    int64_t wait_ms = -1;
    while (rest.data) {
        struct text part = text_trim(text_cut(&rest, ','));
        struct text name = text_trim(text_cut(&part, '='));
        uint64_t seconds;
        if (text_is_fold(name, "respond-async"))
            return 0;
        if (text_is_fold(name, "wait") && part.data && text_u64(text_trim(part), &seconds))
            wait_ms = (int64_t)(seconds < WAIT_MAX_S ? seconds : WAIT_MAX_S) * 1000;
    }
    return wait_ms;
}

void native_body(struct request *q)
{
    fire_body(q, preferred_wait_ms(q), render);
}
