/* SPDX-License-Identifier: MIT */
/* door_echo - a door and nothing behind it, for the tests of HTTP and WebSocket on the wire and for
 * measuring. Prints "port N" once it listens. SIGTERM drains, SIGINT closes, and SIGUSR1 sets its
 * clock ahead by 31 s. Its addresses:
 *
 *     /later     echoes as any path does, on the next turn of the loop
 *     /never     never answers; /gone counts those whose client hung up
 *     /refuse    401 before the body is read
 *     /stream    SSE: a tick each 20 ms; /stream?n=5 ends after five
 *     /flood     a stream as fast as the reader takes it, 64 MiB
 *     /big       an answer of 4 MiB
 *     /ws        WebSocket: echoes messages of up to 1 MiB, /ws?max=N of up to N bytes; "bye" is
 *                answered and closes, "flood" is followed by 64 MiB; it aborts once the reader has
 *                taken nothing for 30 s
 *     any other  {"method","path","query","bytes","hash"} of the request as JSON */
#include "base/id.h"
#include "base/json_out.h"
#include "base/mem.h"
#include "serve/door/certificate.h"
#include "serve/door/door.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TICK_MS = 20,
    BIG_BYTES = 4 << 20,
    FLOOD_BYTES = 64 << 20,
    STALL_MS = 30000,
    LEAP_US = 31000000
};

static struct {
    uv_loop_t loop;
    struct door *door;
    struct certificate *certificate;
    uv_signal_t drain, stop, leap;
    int64_t ahead_us; /* of the system's clock */
    int gone;
} app;

struct held { /* of a request that is answered later */
    struct exchange *x;
    uv_timer_t timer;
    int left;
    size_t bytes;
};

static void free_held(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_gone(struct exchange *x, void *data)
{
    (void)x;
    struct held *h = data;
    app.gone++;
    uv_close((uv_handle_t *)&h->timer, free_held);
}

static struct held *hold(struct exchange *x)
{
    struct held *h = mem_zero(1, sizeof *h);
    h->x = x;
    uv_timer_init(&app.loop, &h->timer);
    h->timer.data = h;
    exchange_own(x, h, on_gone);
    return h;
}

static void echo(struct exchange *x)
{
    struct buf b;
    struct text body = exchange_body(x);
    buf_init(&b, 1 << 20);
    json_open(&b, NULL, '{');
    json_text(&b, "method", exchange_method_name(x));
    json_text(&b, "path", exchange_path(x));
    json_text(&b, "query", exchange_query(x));
    json_text(&b, "peer", text_of(exchange_peer(x)));
    json_text(&b, "seen", exchange_header(x, "x-seen"));
    json_int(&b, "bytes", body.data ? (int64_t)body.len : -1);
    json_int(&b, "hash", body.data ? (int64_t)(id_hash64(body.data, body.len) >> 12) : 0);
    json_int(&b, "gone", app.gone);
    json_close(&b, '}');
    exchange_answer(x, 200, "application/json", buf_view(&b));
    buf_done(&b);
}

static void on_echo_later(uv_timer_t *timer)
{
    echo(((struct held *)timer->data)->x);
}

static void later(struct exchange *x)
{
    uv_timer_start(&hold(x)->timer, on_echo_later, 1, 0);
}

static void never(struct exchange *x)
{
    hold(x);
}

static void on_tick(uv_timer_t *timer)
{
    struct held *h = timer->data;
    exchange_write(h->x, TEXT("data: tick\n\n"));
    if (h->left > 0 && --h->left == 0) {
        uv_timer_stop(timer);
        exchange_end(h->x);
    }
}

static void stream(struct exchange *x)
{
    char count[16];
    struct held *h = hold(x);
    h->left = text_query(exchange_query(x), "n", count, sizeof count) == 1 ? atoi(count) : -1;
    exchange_stream(x, 200, "text/event-stream", NULL);
    uv_timer_start(&h->timer, on_tick, TICK_MS, TICK_MS);
}

static void on_flood(struct exchange *x, void *data)
{
    static char block[16384];
    struct held *h = data;
    memset(block, 'x', sizeof block);
    for (bool more = true; more && h->bytes < FLOOD_BYTES; h->bytes += sizeof block)
        more = exchange_write(x, (struct text){block, sizeof block});
    if (h->bytes >= FLOOD_BYTES)
        exchange_end(x);
}

static void flood(struct exchange *x)
{
    hold(x);
    exchange_stream(x, 200, "application/octet-stream", on_flood);
}

static void big(struct exchange *x)
{
    char *bytes = mem_alloc(BIG_BYTES);
    memset(bytes, 'b', BIG_BYTES);
    exchange_answer(x, 200, "application/octet-stream", (struct text){bytes, BIG_BYTES});
    free(bytes);
}

static void on_message(struct exchange *x, void *data, struct text message)
{
    struct held *h = data;
    if (text_is(message, "bye"))
        exchange_end(x);
    else if (text_is(message, "flood"))
        h->left = FLOOD_BYTES / 16384;
    exchange_send(x, message);
}

static void on_socket_ready(struct exchange *x, void *data)
{
    static char block[16384];
    struct held *h = data;
    memset(block, 'x', sizeof block);
    for (bool more = true; more && h->left > 0; h->left--)
        more = exchange_send(x, (struct text){block, sizeof block});
}

static void on_watch(uv_timer_t *timer)
{
    struct held *h = timer->data;
    if (exchange_stalled_ms(h->x) >= STALL_MS)
        exchange_abort(h->x);
}

static void ws(struct exchange *x)
{
    if (!exchange_wants_socket(x)) {
        exchange_answer(x, 426, "text/plain", TEXT("WebSocket only"));
        return;
    }
    char max[16];
    bool given = text_query(exchange_query(x), "max", max, sizeof max) == 1;
    exchange_body_max(x, given ? (size_t)atoi(max) : 1 << 20);
    uv_timer_start(&hold(x)->timer, on_watch, TICK_MS, TICK_MS);
    exchange_socket(x, on_message, on_socket_ready);
}

static const struct {
    const char *path;
    void (*serve)(struct exchange *x);
} routes[] = {{"/later", later}, {"/never", never}, {"/stream", stream},
              {"/flood", flood}, {"/big", big},     {"/ws", ws}};

static void on_head(void *arg, struct exchange *x)
{
    (void)arg;
    if (text_is(exchange_path(x), "/refuse"))
        exchange_answer(x, 401, "text/plain", TEXT("no"));
}

static void on_body(void *arg, struct exchange *x)
{
    (void)arg;
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (text_is(exchange_path(x), routes[i].path)) {
            routes[i].serve(x);
            return;
        }
    }
    echo(x);
}

static void on_drain(uv_signal_t *drain, int number)
{
    (void)number;
    uv_close((uv_handle_t *)drain, NULL);
    door_drain(app.door);
}

static int64_t leaping_wall_ms(void *arg)
{
    (void)arg;
    return clock_wall_ms(&clock_system);
}

static int64_t leaping_mono_us(void *arg)
{
    (void)arg;
    return clock_mono_us(&clock_system) + app.ahead_us;
}

static const struct clock leaping_clock = {.wall_ms = leaping_wall_ms, .mono_us = leaping_mono_us};

static void on_leap(uv_signal_t *leap, int number)
{
    (void)leap, (void)number;
    app.ahead_us += LEAP_US;
}

static void on_closed(void *arg)
{
    (void)arg;
    certificate_close(app.certificate);
}

static void on_stop(uv_signal_t *stop, int number)
{
    (void)number;
    uv_close((uv_handle_t *)stop, NULL);
    uv_close((uv_handle_t *)&app.leap, NULL);
    if (!uv_is_closing((uv_handle_t *)&app.drain))
        uv_close((uv_handle_t *)&app.drain, NULL);
    door_close(app.door, on_closed, NULL);
}

static int64_t setting(const char *name, int64_t fallback)
{
    const char *value = getenv(name);
    return value ? atoll(value) : fallback;
}

int main(void)
{
    struct error err;
    uv_loop_init(&app.loop);
    if (getenv("ECHO_CERT") &&
        !(app.certificate = certificate_open(&app.loop, &clock_system, getenv("ECHO_CERT"),
                                             getenv("ECHO_KEY"), &err))) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    struct door_options options = {
        .loop = &app.loop,
        .clock = &leaping_clock,
        .host = getenv("ECHO_HOST") ? getenv("ECHO_HOST") : "127.0.0.1",
        .port = (int)setting("ECHO_PORT", 0),
        .connections = (size_t)setting("ECHO_CONNECTIONS", 0),
        .connections_per_address = (size_t)setting("ECHO_PER_ADDRESS", 0),
        .request_ms = setting("ECHO_REQUEST_MS", 10000),
        .idle_ms = setting("ECHO_IDLE_MS", 60000),
        .socket_protocol = "echo.v1",
        .certificate = app.certificate,
        .head = on_head,
        .body = on_body,
    };
    app.door = door_open(&options, &err);
    if (!app.door) {
        fprintf(stderr, "%s\n", err.text);
        uv_run(&app.loop, UV_RUN_DEFAULT);
        return 1;
    }
    uv_signal_init(&app.loop, &app.drain);
    uv_signal_init(&app.loop, &app.stop);
    uv_signal_init(&app.loop, &app.leap);
    uv_signal_start_oneshot(&app.drain, on_drain, SIGTERM);
    uv_signal_start_oneshot(&app.stop, on_stop, SIGINT);
    uv_signal_start(&app.leap, on_leap, SIGUSR1);
    printf("port %d\n", door_port(app.door));
    fflush(stdout);
    uv_run(&app.loop, UV_RUN_DEFAULT);
    return uv_loop_close(&app.loop);
}
