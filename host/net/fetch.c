/* SPDX-License-Identifier: MIT */
#include "net/fetch.h"
#include "net/curl_lib.h"
#include <stdlib.h>
#include <string.h>

static const char here[] = "localhost,127.0.0.1,::1"; /* reached without a proxy */

struct transfer {
    const struct fetch *f;
    struct fetch_answer *answer;
    struct curl_lib curl;
    CURL *easy;
    struct curl_slist *headers;
    struct buf no_proxy;
    char reason[CURL_ERROR_SIZE];
    bool hung_up;
};

static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    struct text piece = {data, size * count};
    long status = 0;
    t->curl.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (t->f->on_data && status == 200) {
        t->hung_up = !t->f->on_data(t->f->arg, piece);
        return t->hung_up ? 0 : piece.len;
    }
    buf_text(&t->answer->body, piece);
    return t->answer->body.full ? 0 : piece.len;
}

static bool add_headers(struct transfer *t, struct error *err)
{
    static const char *const own[] = {"User-Agent: moontide/" MOONTIDE_VERSION,
                                      "Expect:", /* no waiting for a 100 */
                                      "Content-Type:", NULL};
    const char *const *lists[] = {own, t->f->headers};
    for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
        for (const char *const *h = lists[l]; h && *h; h++) {
            struct curl_slist *longer = t->curl.slist_append(t->headers, *h);
            if (!longer)
                return error_set(err, ERROR_INTERNAL, "out of memory");
            t->headers = longer;
        }
    }
    return true;
}

static void set_no_proxy(struct transfer *t)
{
    const char *given = getenv("no_proxy");
    if (!given)
        given = getenv("NO_PROXY");
    buf_init(&t->no_proxy, 64 << 10);
    if (given && *given) {
        buf_str(&t->no_proxy, given);
        buf_char(&t->no_proxy, ',');
    }
    buf_str(&t->no_proxy, here);
    t->curl.easy_setopt(t->easy, CURLOPT_NOPROXY, t->no_proxy.full ? here : t->no_proxy.data);
}

static void set_options(struct transfer *t)
{
    const struct curl_lib *c = &t->curl;
    CURL *easy = t->easy;
    c->easy_setopt(easy, CURLOPT_URL, t->f->url);
    c->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    if (t->f->ca_file)
        c->easy_setopt(easy, CURLOPT_CAINFO, t->f->ca_file);
    c->easy_setopt(easy, CURLOPT_ERRORBUFFER, t->reason);
    c->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    c->easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    c->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)FETCH_CONNECT_MS);
    c->easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)t->f->timeout_ms);
    if (t->f->on_data) {
        c->easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        c->easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)FETCH_SILENT_S);
    }
    if (t->f->body.data) {
        c->easy_setopt(easy, CURLOPT_POST, 1L);
        c->easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->f->body.len);
        c->easy_setopt(easy, CURLOPT_POSTFIELDS, t->f->body.data);
    } else if (strcmp(t->f->method, "POST") == 0) {
        c->easy_setopt(easy, CURLOPT_POST, 1L);
        c->easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
        c->easy_setopt(easy, CURLOPT_POSTFIELDS, "");
    }
    c->easy_setopt(easy, CURLOPT_CUSTOMREQUEST, t->f->method);
    c->easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
    c->easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    c->easy_setopt(easy, CURLOPT_WRITEDATA, t);
    set_no_proxy(t);
}

/* The part of the URL that a person recognises: without path and query. */
static struct text origin(const char *url)
{
    struct text whole = text_of(url);
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    whole.len = (size_t)(host - url) + strcspn(host, "/?#");
    return whole;
}

static bool explain(const struct transfer *t, CURLcode code, struct error *err)
{
    const struct text at = origin(t->f->url);
    const int n = (int)at.len;
    const char *why = *t->reason ? t->reason : t->curl.easy_strerror(code);
    switch (code) {
    case CURLE_COULDNT_CONNECT:
        return error_set(err, ERROR_IO,
                         "cannot connect to %.*s: is `moontide serve` running there?", n, at.data);
    case CURLE_COULDNT_RESOLVE_HOST:
        return error_set(err, ERROR_IO, "%.*s: no such host is known", n, at.data);
    case CURLE_OPERATION_TIMEDOUT:
        return error_set(err, ERROR_IO, "%.*s did not answer in time (%s)", n, at.data, why);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return error_set(err, ERROR_INVALID,
                         "\"%s\" is not an address such as http://127.0.0.1:8080", t->f->url);
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
        return error_set(err, ERROR_IO, "%.*s closed the connection before its answer was complete",
                         n, at.data);
    case CURLE_PEER_FAILED_VERIFICATION:
        return error_set(err, ERROR_INVALID,
                         "no trusted TLS connection to %.*s: %s; --cacert FILE or MOONTIDE_CACERT "
                         "names a certificate of your own that is to be trusted",
                         n, at.data, why);
    case CURLE_SSL_CACERT_BADFILE:
        return error_set(err, ERROR_INVALID, "%s cannot be read, or holds no PEM certificate",
                         t->f->ca_file ? t->f->ca_file : "the system's list of certificates");
    case CURLE_SSL_CONNECT_ERROR:
        return error_set(err, ERROR_INVALID, "no TLS connection to %.*s: %s", n, at.data, why);
    default:
        if (t->answer->body.full)
            return error_set(err, ERROR_LIMIT, "the answer of %.*s is larger than %d MiB", n,
                             at.data, FETCH_ANSWER_MAX >> 20);
        return error_set(err, ERROR_IO, "%.*s: %s", n, at.data, why);
    }
}

static bool perform(struct transfer *t, struct error *err)
{
    set_options(t);
    CURLcode code = t->curl.easy_perform(t->easy);
    long status = 0;
    t->curl.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    t->answer->status = (int)status;
    if (code != CURLE_OK && !t->hung_up) {
        t->answer->broken = status != 0;
        return explain(t, code, err);
    }
    curl_off_t retry = 0;
    t->curl.easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry);
    t->answer->retry_after_s = retry > 0 ? (int64_t)retry : -1;
    return true;
}

bool fetch(const struct fetch *f, struct fetch_answer *answer, struct error *err)
{
    struct transfer t = {.f = f, .answer = answer};
    memset(answer, 0, sizeof *answer);
    buf_init(&answer->body, FETCH_ANSWER_MAX);
    if (!curl_lib_load(&t.curl, CURL_LIB_NAME, err))
        return false;
    t.easy = t.curl.easy_init();
    bool ok = t.easy ? add_headers(&t, err) && perform(&t, err)
                     : error_set(err, ERROR_INTERNAL, "libcurl does not start");
    if (t.easy)
        t.curl.easy_cleanup(t.easy);
    t.curl.slist_free_all(t.headers);
    buf_done(&t.no_proxy);
    return ok;
}

void fetch_answer_done(struct fetch_answer *answer)
{
    buf_done(&answer->body);
}
