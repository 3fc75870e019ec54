/* SPDX-License-Identifier: MIT */
/* Every dialect from raw bytes: OUTCOME BYTE, then a request as it comes off the wire. It goes
 * through the real head parser, routes, checks and dialects, and is answered once, with JSON, by
 * whichever of them has to; what reaches the engine is whole. Routes that start no run are left
 * out: they speak to the store. */
#include "dialect_fakes.h"

#include "base/log.h"
#include "base/mem.h"
#include "domain/config/config.h"

static struct engine engine;
static struct app app;

static int64_t fixed(void *arg)
{
    (void)arg;
    return INT64_C(1763712000000);
}

static const struct clock fake_clock = {fixed, fixed, NULL};

/* ---- opening: triggers of one project */

static void add_trigger(const char *key, const char *declaration)
{
    struct error err = {0};
    struct manifest_ceilings ceilings = {1000, 1 << 24, 1000, 1000, 1 << 20};
    char json[512];
    const char *field;
    int line;
    snprintf(json, sizeof json, "{\"line\":1,\"declaration\":%s}", declaration);
    struct version *v = mem_zero(1, sizeof *v);
    v->manifest = manifest_new("p", key, text_of(json), TEXT(""), &ceilings, &line, &err);
    FUZZ_CHECK(v->manifest, "%s", err.text);
    struct trigger *t = registry_add(&engine.reload.registry, "p", key);
    FUZZ_CHECK(registry_serve(&engine.reload.registry, t, v, &field, &err), "%s", err.text);
}

static void open_app(void)
{
    struct error err;
    log_level_set(LOG_OFF);
    registry_init(&engine.reload.registry, false, NULL, NULL);
    add_trigger(
        "k",
        "{\"id\":\"flow-1\",\"unique\":true,\"defaults\":{\"a\":1},\"origins\":[\"https://a.example\"]}");
    add_trigger("agent", "{\"name\":\"an agent\"}");
    add_trigger("web", "{\"widget\":true,\"origins\":[\"https://a.example\"],\"wait\":false}");
    add_trigger("near", "{\"allow\":[\"10.0.0.0/8\"],\"body\":\"1KB\"}");
    add_trigger("far", "{\"block\":[\"10.0.0.1\"]}");
    add_trigger("github", "{\"verify\":\"github\"}");
    add_trigger("slack", "{\"verify\":\"slack\"}");
    add_trigger("twilio", "{\"verify\":\"twilio\"}");
    add_trigger("svix", "{\"verify\":\"svix\"}");
    add_trigger("stripe", "{\"verify\":\"stripe\"}");
    fake.key = (struct api_key){
        .id = "key_1", .permissions = PERMISSION_ALL, .projects = "*", .default_project = "p"};
    fake.widget =
        (struct api_key){.id = "key_2", .permissions = PERMISSION_WIDGET, .projects = "*"};
    engine.config = app.config = config_new(NULL, NULL, NULL, &err);
    FUZZ_CHECK(app.config, "%s", err.text);
    engine.clock = app.clock = &fake_clock;
    app.engine = &engine;
}

/* ---- one request */

/* What reaches no store; unknown ones are refused before that. */
static bool is_ours(const struct exchange *x)
{
    struct request q = {.app = &app, .x = (struct exchange *)x};
    char allow[64] = "";
    const struct route *r = route_find(exchange_method(x), exchange_path(x), &q, allow);
    return !r || r->permission == PERMISSION_TRIGGER || strstr(r->pattern, "/workflows/");
}

static void travel(struct exchange *x)
{
    serve_head(&app, x);
    if (!x->status && x->body.len > x->body_max)
        x->refuse(x, VERDICT_TOO_LARGE, NULL);
    if (!x->status)
        serve_body(&app, x);
    FUZZ_CHECK(x->status >= 200 && x->status < 600, "status %d", x->status);
    FUZZ_CHECK(fake.fired <= 1, "fired %u times", fake.fired);
    x->gone(x, x->data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text in = fuzz_text(data, size);
    static struct exchange x;
    if (!app.engine)
        open_app();
    memset(&x, 0, offsetof(struct exchange, joined));
    x.body_max = 1 << 20;
    fake.how = fuzz_u8(&in);
    fake.fired = 0;
    char *copy = fuzz_copy(in);
    head_init(&x.head);
    if (head_parse(&x.head, copy, in.len) == HEAD_DONE) {
        struct text body = {in.data + x.head.scanned, in.len - x.head.scanned};
        char *own = fuzz_copy(body);
        x.bytes = copy;
        x.body = body.len ? (struct text){own, body.len} : TEXT_NONE;
        buf_init(&x.answer, 16 << 20);
        if (is_ours(&x))
            travel(&x);
        buf_done(&x.answer);
        while (x.joined_count > 0)
            free(x.joined[--x.joined_count]);
        free(own);
    }
    free(copy);
    return 0;
}
