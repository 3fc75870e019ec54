/* SPDX-License-Identifier: MIT */
#include "net/http.h"
#include "base/mem.h"
#include "net/http_call.h"
#include <stdlib.h>

enum { IDLE_CONNECTIONS = 64 };

struct watch { /* one socket of curl on the loop */
    uv_poll_t poll;
    struct http *http;
    curl_socket_t fd;
    struct list link;
};

/* ---- endings */

static void call_free(struct http_call *call)
{
    struct http *h = call->http;
    if (call->easy) {
        h->curl.multi_remove_handle(h->multi, call->easy); /* harmless if it is not in there */
        h->curl.easy_cleanup(call->easy);
    }
    if (call->headers)
        h->curl.slist_free_all(call->headers);
    buf_done(&call->head);
    buf_done(&call->body);
    free(call->origin);
    free(call);
}

static void deliver_done(struct http *h)
{
    uint64_t batch = h->batch++;
    while (!list_empty(&h->done)) {
        struct http_call *call = LIST_ENTRY(h->done.next, struct http_call, link);
        if (call->batch > batch)
            break; /* of a call that fn has just started: the timer has it */
        list_del(&call->link);
        call->delivering = true;
        http_deliver(call);
        call_free(call);
    }
}

static void finish(struct http_call *call)
{
    list_del(&call->link);
    call->batch = call->http->batch;
    list_add(&call->http->done, &call->link);
}

/* Calls end only here, outside of curl, so that fn may start, cancel and close at will. */
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
        h->curl.multi_remove_handle(h->multi, call->easy); /* the message is gone with it */
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

static void on_soon(uv_timer_t *timer)
{
    deliver_done(timer->data);
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

static void handle_closed(struct http *h)
{
    if (--h->handles > 0 || !h->closing)
        return;
    void (*closed)(void *arg) = h->closed;
    void *arg = h->arg;
    egress_free(h->egress);
    free(h);
    if (closed)
        closed(arg);
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
    list_init(&h->calls);
    list_init(&h->done);
    list_init(&h->watches);
    uv_timer_init(loop, &h->timer);
    uv_timer_init(loop, &h->soon);
    h->timer.data = h->soon.data = h;
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
    h->curl.multi_setopt(h->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)HTTP_AT_ONCE);
    h->curl.multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)IDLE_CONNECTIONS);
    return true;
}

static bool launch(struct http_call *call, const struct http_request *request)
{
    struct http *h = call->http;
    struct error err;
    if (!load(h, &err))
        return http_fail(call, "protocol", "%s", err.text);
    if (!http_setup(call, request))
        return false;
    CURLMcode code = h->curl.multi_add_handle(h->multi, call->easy);
    return code == CURLM_OK ||
           http_fail(call, "protocol", "%s does not take the request (%d)", CURL_LIB_NAME, code);
}

struct http_call *http_start(struct http *h, const struct http_request *request, http_fn fn,
                             void *arg)
{
    struct http_call *call = mem_zero(1, sizeof *call);
    call->http = h;
    call->fn = fn;
    call->arg = arg;
    buf_init(&call->head, 2 * HTTP_HEAD_MAX); /* each line is longer than its pair: never full */
    buf_init(&call->body, HTTP_ANSWER_MAX);
    list_add(&h->calls, &call->link);
    if (!launch(call, request)) {
        finish(call);
        uv_timer_start(&h->soon, on_soon, 0, 0);
    }
    return call;
}

void http_cancel(struct http_call *call)
{
    if (call->delivering)
        return; /* by its own fn: it is over anyway */
    list_del(&call->link);
    call_free(call);
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
    while (!list_empty(&h->calls))
        http_cancel(LIST_ENTRY(h->calls.next, struct http_call, link));
    while (!list_empty(&h->done))
        http_cancel(LIST_ENTRY(h->done.next, struct http_call, link));
    if (h->multi)
        h->curl.multi_cleanup(h->multi);
    h->multi = NULL;
    LIST_EACH(node, &h->watches)
    watch_close(LIST_ENTRY(node, struct watch, link));
    uv_close((uv_handle_t *)&h->timer, timer_closed);
    uv_close((uv_handle_t *)&h->soon, timer_closed);
}

bool http_egress_ok(const struct http *h, const char *host, const char *address, int port,
                    const char **why)
{
    return egress_ok_text(h->egress, host, address, port, why);
}
