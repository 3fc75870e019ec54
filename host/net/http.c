/* SPDX-License-Identifier: MIT */
#include "net/http.h"
#include "base/mem.h"
#include "net/http_call.h"
#include <stdlib.h>

struct watch { /* one socket of curl on the loop */
    uv_poll_t poll;
    struct http *http;
    curl_socket_t fd;
    struct list link;
};

/* ---- beginnings and endings of calls */

static void on_timeout(struct timer *timer);
static void on_failed(struct timer *timer);

/* curl has a limit of its own, but calls that wait for it would not time out (7.88). */
static void start_waiting_calls(struct http *h)
{
    while (h->places < HTTP_AT_ONCE && !list_empty(&h->waiting)) {
        struct http_call *call = LIST_ENTRY(list_pop(&h->waiting), struct http_call, link);
        list_add(&h->running, &call->link);
        CURLMcode code = h->curl.multi_add_handle(h->multi, call->easy);
        call->placed = code == CURLM_OK;
        h->places += call->placed;
        if (!call->placed) {
            http_fail(call, "protocol", "%s does not take the request (%d)", CURL_LIB_NAME, code);
            timers_set(&h->timers, &call->timer, 0, on_failed);
        }
    }
}

static void leave(struct http_call *call)
{
    struct http *h = call->http;
    timers_drop(&h->timers, &call->timer);
    if (!call->placed)
        return;
    h->curl.multi_remove_handle(h->multi, call->easy);
    call->placed = false;
    h->places--;
}

static void call_free(struct http_call *call)
{
    struct http *h = call->http;
    leave(call);
    if (call->easy)
        h->curl.easy_cleanup(call->easy);
    if (call->headers)
        h->curl.slist_free_all(call->headers);
    buf_done(&call->head);
    buf_done(&call->body);
    free(call->origin);
    free(call);
}

/* Calls are told of only here, outside of curl, so that fn may start, cancel and close at will. */
static void deliver_done(struct http *h)
{
    while (!list_empty(&h->done)) {
        struct http_call *call = LIST_ENTRY(list_pop(&h->done), struct http_call, link);
        call->delivering = true;
        http_deliver(call);
        call_free(call);
    }
    if (!h->closing)
        start_waiting_calls(h);
}

static void finish(struct http_call *call)
{
    leave(call);
    list_del(&call->link);
    list_add(&call->http->done, &call->link);
}

static void on_failed(struct timer *timer)
{
    struct http_call *call = CONTAINER_OF(timer, struct http_call, timer);
    finish(call);
    deliver_done(call->http);
}

static void on_timeout(struct timer *timer)
{
    struct http_call *call = CONTAINER_OF(timer, struct http_call, timer);
    http_fail(call, "timeout", "no whole answer within %lld ms%s", (long long)call->timeout_ms,
              call->placed ? "" : ", all of them spent waiting for other calls");
    on_failed(timer);
}

static void collect(struct http *h)
{
    int left;
    CURLMsg *message;
    while ((message = h->curl.multi_info_read(h->multi, &left))) {
        struct http_call *call = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode result = message->data.result;
        h->curl.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        http_conclude(call, result);
        finish(call);
    }
    deliver_done(h);
}

/* ---- curl's wishes to the loop */

static void act(struct http *h, curl_socket_t fd, int events)
{
    int running;
    if (!h->multi)
        return;
    h->curl.multi_socket_action(h->multi, fd, events, &running);
    collect(h);
}

static void on_timer(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
    struct watch *w = poll->data;
    int ready = status < 0 ? CURL_CSELECT_ERR : 0;
    if (events & UV_READABLE)
        ready |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        ready |= CURL_CSELECT_OUT;
    act(w->http, w->fd, ready);
}

static int want_timer(CURLM *multi, long timeout_ms, void *arg)
{
    (void)multi;
    struct http *h = arg;
    if (timeout_ms < 0)
        uv_timer_stop(&h->timer);
    else
        uv_timer_start(&h->timer, on_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

static void handle_closed(void *arg)
{
    struct http *h = arg;
    if (--h->handles > 0 || !h->closing)
        return;
    void (*closed)(void *arg) = h->closed;
    void *closed_arg = h->arg;
    egress_free(h->egress);
    free(h);
    if (closed)
        closed(closed_arg);
}

static void watch_closed(uv_handle_t *handle)
{
    struct watch *w = handle->data;
    struct http *h = w->http;
    free(w);
    handle_closed(h);
}

static void watch_close(struct watch *w)
{
    list_del(&w->link);
    uv_close((uv_handle_t *)&w->poll, watch_closed);
}

static struct watch *watch_open(struct http *h, curl_socket_t fd)
{
    struct watch *w = mem_zero(1, sizeof *w);
    w->http = h;
    w->fd = fd;
    if (uv_poll_init_socket(h->loop, &w->poll, fd) != 0) {
        free(w);
        return NULL;
    }
    w->poll.data = w;
    h->handles++;
    list_add(&h->watches, &w->link);
    h->curl.multi_assign(h->multi, fd, w);
    return w;
}

static int want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket)
{
    (void)easy;
    struct http *h = arg;
    struct watch *w = socket;
    if (what == CURL_POLL_REMOVE) {
        if (w)
            watch_close(w);
        return 0;
    }
    if (!w && !(w = watch_open(h, fd)))
        return -1;
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    return uv_poll_start(&w->poll, events, on_socket) == 0 ? 0 : -1;
}

/* ---- the client */

struct http *http_new(uv_loop_t *loop, const cJSON *egress_allow, struct error *err)
{
    struct egress *egress = egress_new(egress_allow, err);
    if (!egress)
        return NULL;
    struct http *h = mem_zero(1, sizeof *h);
    h->loop = loop;
    h->egress = egress;
    list_init(&h->running);
    list_init(&h->waiting);
    list_init(&h->done);
    list_init(&h->watches);
    uv_timer_init(loop, &h->timer);
    timers_init(&h->timers, loop, &clock_system);
    h->timer.data = h;
    h->handles = 2;
    return h;
}

static bool load(struct http *h, struct error *err)
{
    if (h->multi)
        return true;
    if (!curl_lib_load(&h->curl, CURL_LIB_NAME, err))
        return false;
    h->multi = h->curl.multi_init();
    if (!h->multi)
        return error_set(err, ERROR_INTERNAL, "%s does not start", CURL_LIB_NAME);
    h->curl.multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
    h->curl.multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
    h->curl.multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, want_timer);
    h->curl.multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
    h->curl.multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_AT_ONCE); /* busy and idle */
    return true;
}

struct http_call *http_start(struct http *h, const struct http_request *request, http_fn fn,
                             void *arg)
{
    struct error err;
    struct http_call *call = mem_zero(1, sizeof *call);
    call->http = h;
    call->fn = fn;
    call->arg = arg;
    call->timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : HTTP_TIMEOUT_MS;
    if (call->timeout_ms > INT32_MAX)
        call->timeout_ms = INT32_MAX;
    buf_init(&call->head,
             (size_t)2 * HTTP_HEAD_MAX); /* each line is longer than its pair: never full */
    buf_init(&call->body, HTTP_ANSWER_MAX);
    bool ready =
        load(h, &err) ? http_setup(call, request) : http_fail(call, "protocol", "%s", err.text);
    list_add(ready ? &h->waiting : &h->running, &call->link);
    timers_set(&h->timers, &call->timer, ready ? call->timeout_ms : 0,
               ready ? on_timeout : on_failed);
    if (ready)
        start_waiting_calls(h);
    return call;
}

void http_cancel(struct http_call *call)
{
    struct http *h = call->http;
    if (call->delivering)
        return; /* by its own fn: it is over anyway */
    list_del(&call->link);
    call_free(call);
    if (!h->closing)
        start_waiting_calls(h);
}

static void cancel_all(struct list *calls)
{
    while (!list_empty(calls))
        call_free(LIST_ENTRY(list_pop(calls), struct http_call, link));
}

static void timer_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

void http_close(struct http *h, void (*closed)(void *arg), void *arg)
{
    h->closing = true;
    h->closed = closed;
    h->arg = arg;
    cancel_all(&h->waiting);
    cancel_all(&h->running);
    cancel_all(&h->done);
    if (h->multi)
        h->curl.multi_cleanup(h->multi);
    h->multi = NULL;
    LIST_EACH(node, &h->watches)
    watch_close(LIST_ENTRY(node, struct watch, link));
    uv_close((uv_handle_t *)&h->timer, timer_closed);
    timers_close(&h->timers, handle_closed, h);
}

bool http_egress_ok(const struct http *h, const char *host, const char *address, int port,
                    const char **why)
{
    return egress_ok_text(h->egress, host, address, port, why);
}
