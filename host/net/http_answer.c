/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "net/http_call.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { RETRY_AFTER_MAX_S = 365 * 24 * 3600 };

bool http_fail(struct http_call *call, const char *failure, const char *format, ...)
{
    if (call->failure)
        return false;
    call->failure = failure;
    va_list args;
    va_start(args, format);
    vsnprintf(call->message, sizeof call->message, format, args);
    va_end(args);
    return false;
}

/* ---- the way out */

char *http_host(const struct http_call *call, const char *url)
{
    const struct curl_lib *curl = &call->http->curl;
    char *raw = NULL, *host = NULL;
    CURLU *parsed = curl->url();
    if (parsed && curl->url_set(parsed, CURLUPART_URL, url, CURLU_ALLOW_SPACE) == CURLUE_OK &&
        curl->url_get(parsed, CURLUPART_HOST, &raw, 0) == CURLUE_OK) {
        size_t len = strlen(raw), bracket = raw[0] == '[' && len > 2;
        host = mem_text_n(raw + bracket, len - 2 * bracket);
    }
    curl->free(raw);
    curl->url_cleanup(parsed);
    return host ? host : mem_text("");
}

int http_port(const struct http_call *call, const char *url)
{
    const struct curl_lib *curl = &call->http->curl;
    char *raw = NULL;
    uint64_t port = 0;
    CURLU *parsed = curl->url();
    bool ok = parsed && curl->url_set(parsed, CURLUPART_URL, url, CURLU_ALLOW_SPACE) == CURLUE_OK &&
              curl->url_get(parsed, CURLUPART_PORT, &raw, CURLU_DEFAULT_PORT) == CURLUE_OK &&
              text_u64(text_of(raw), &port);
    curl->free(raw);
    curl->url_cleanup(parsed);
    return ok ? (int)port : -1;
}

static const char *current_url(const struct http_call *call)
{
    char *url = NULL;
    call->http->curl.easy_getinfo(call->easy, CURLINFO_EFFECTIVE_URL, &url);
    return url ? url : "";
}

static int port_of(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
    return ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
}

static void note_refusal(struct http_call *call, const char *host, const struct sockaddr *address,
                         const char *why)
{
    char text[INET6_ADDRSTRLEN] = "the address";
    const void *bytes =
        address->sa_family == AF_INET6
            ? (const void *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr
            : (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;
    if (address->sa_family == AF_INET6 || address->sa_family == AF_INET)
        inet_ntop(address->sa_family, bytes, text, sizeof text);
    call->refused = true;
    if (strcmp(host, text) == 0)
        snprintf(call->message, sizeof call->message, "%s %s", text, why);
    else
        snprintf(call->message, sizeof call->message, "%.253s (%s) %s", host, text, why);
}

/* Called for each address that curl is about to connect to: the one place that no spelling of a
 * host, no answer of a name server and no redirect can get around. */
curl_socket_t http_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct http_call *call = arg;
    long hop = 0;
    call->http->curl.easy_getinfo(call->easy, CURLINFO_REDIRECT_COUNT, &hop);
    if (hop != call->hop) {
        call->hop = hop;
        call->opened = call->refused = false;
    }
    const char *why = "is not to be listened on";
    char *host = http_host(call, current_url(call));
    int fd = CURL_SOCKET_BAD;
    if (purpose == CURLSOCKTYPE_IPCXN &&
        egress_ok(call->http->egress, host, &address->addr, port_of(&address->addr), &why)) {
        call->opened = true;
        fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    } else {
        note_refusal(call, host, &address->addr, why);
    }
    free(host);
    return fd;
}

/* Called before each request is sent, on a kept connection as well. */
int http_before_request(void *arg, char *address, char *local, int port, int local_port)
{
    (void)address, (void)local, (void)port, (void)local_port;
    struct http_call *call = arg;
    if (!call->origin)
        return CURL_PREREQFUNC_OK;
    const char *url = current_url(call);
    char *host = http_host(call, url);
    if (strcasecmp(host, call->origin) != 0)
        http_fail(call, "refused", "redirected to %.200s, but this request is for %.200s alone",
                  host, call->origin);
    else if (call->origin_tls && strncasecmp(url, "https:", 6) != 0)
        http_fail(call, "refused", "redirected from https to http, but this request is secret");
    else if (http_port(call, url) != call->origin_port)
        http_fail(call, "refused", "redirected to port %d, but this request is for port %d alone",
                  http_port(call, url), call->origin_port);
    free(host);
    return call->failure ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* ---- the way back */

static void begin_head(struct http_call *call, struct text line)
{
    buf_clear(&call->head);
    call->head_count = call->head_bytes = 0;
    text_cut(&line, ' ');
    if (text_starts(line, "303") && call->becomes_get) {
        /* curl makes it a GET by itself, but would keep the word of CURLOPT_CUSTOMREQUEST. */
        call->http->curl.easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, NULL);
    }
}

static void add_pair(struct http_call *call, struct text name, struct text value)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];
        buf_char(&call->head, c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c);
    }
    buf_char(&call->head, 0);
    buf_text(&call->head, value);
    buf_char(&call->head, 0);
    call->head_count++;
}

static void continue_value(struct http_call *call, struct text more) /* RFC 9112, section 5.2 */
{
    if (call->head_count == 0)
        return;
    call->head.len--; /* the NUL behind the value so far */
    buf_char(&call->head, ' ');
    buf_text(&call->head, more);
    buf_char(&call->head, 0);
}

size_t http_take_header(char *data, size_t size, size_t count, void *arg)
{
    struct http_call *call = arg;
    struct text line = {data, size * count};
    if (text_starts(line, "HTTP/")) {
        begin_head(call, line);
    }
    call->head_bytes += line.len;
    if (call->head_bytes > HTTP_HEAD_MAX) {
        http_fail(call, "too_large", "the answer's headers exceed %d bytes", HTTP_HEAD_MAX);
        return 0;
    }
    while (line.len > 0 && (line.data[line.len - 1] == '\n' || line.data[line.len - 1] == '\r'))
        line.len--;
    bool folded = line.len > 0 && (line.data[0] == ' ' || line.data[0] == '\t');
    struct text value = line;
    struct text name = text_cut(&value, ':');
    if (folded)
        continue_value(call, text_trim(line));
    else if (value.data && name.len > 0)
        add_pair(call, name, text_trim(value));
    return size * count;
}

size_t http_take_body(char *data, size_t size, size_t count, void *arg)
{
    struct http_call *call = arg;
    buf_add(&call->body, data, size * count);
    if (!call->body.full)
        return size * count;
    http_fail(call, "too_large", "the answer exceeds %d bytes", HTTP_ANSWER_MAX);
    return 0;
}

/* ---- the outcome */

static const struct {
    CURLcode code;
    const char *failure;
} failures[] = {
    {CURLE_OPERATION_TIMEDOUT, "timeout"},
    {CURLE_COULDNT_RESOLVE_HOST, "dns"},
    {CURLE_COULDNT_CONNECT, "connect"},
    {CURLE_SEND_ERROR, "connect"},
    {CURLE_RECV_ERROR, "connect"},
    {CURLE_GOT_NOTHING, "connect"},
    {CURLE_SSL_CONNECT_ERROR, "tls"},
    {CURLE_PEER_FAILED_VERIFICATION, "tls"},
    {CURLE_SSL_CACERT_BADFILE, "tls"},
    {CURLE_SSL_CERTPROBLEM, "tls"},
    {CURLE_SSL_CIPHER, "tls"},
    {CURLE_SSL_ISSUER_ERROR, "tls"},
    {CURLE_SSL_INVALIDCERTSTATUS, "tls"},
    {CURLE_SSL_ENGINE_NOTFOUND, "tls"},
    {CURLE_SSL_ENGINE_SETFAILED, "tls"},
    {CURLE_SSL_SHUTDOWN_FAILED, "tls"},
    {CURLE_FILESIZE_EXCEEDED, "too_large"},
};

void http_conclude(struct http_call *call, CURLcode result)
{
    if (call->failure || result == CURLE_OK)
        return;
    /* When one address was refused and another one tried, the trying is what went wrong. */
    if (call->refused && !call->opened && result != CURLE_OPERATION_TIMEDOUT) {
        call->failure = "refused"; /* note_refusal wrote the message */
        return;
    }
    const char *failure = "protocol";
    for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
        if (failures[i].code == result)
            failure = failures[i].failure;
    }
    http_fail(call, failure, "%s",
              call->detail[0] ? call->detail : call->http->curl.easy_strerror(result));
}

static int64_t retry_after_ms(struct http_call *call, const char *value)
{
    uint64_t seconds;
    if (text_u64(text_of(value), &seconds))
        return (int64_t)(seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : seconds) * 1000;
    curl_off_t wait = 0; /* curl knows the three ways to write a date; 0: past, or none of them */
    call->http->curl.easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &wait);
    return wait > 0 ? wait * 1000 : -1;
}

void http_deliver(struct http_call *call)
{
    static const char *const none[] = {NULL};
    struct http_answer answer = {.failure = call->failure,
                                 .message = call->failure ? call->message : NULL,
                                 .names = none,
                                 .values = none,
                                 .body = {"", 0},
                                 .retry_after_ms = -1};
    const char **pairs = NULL;
    if (!call->failure) {
        long status = 0;
        call->http->curl.easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
        answer.status = (int)status;
        pairs = mem_zero(2 * (call->head_count + 1), sizeof *pairs);
        const char **values = pairs + call->head_count + 1, *at = call->head.data;
        for (size_t i = 0; i < call->head_count; i++) {
            pairs[i] = at;
            values[i] = at += strlen(at) + 1;
            at += strlen(at) + 1;
            if (strcmp(pairs[i], "retry-after") == 0)
                answer.retry_after_ms = retry_after_ms(call, values[i]);
        }
        answer.names = pairs;
        answer.values = values;
        if (call->body.data)
            answer.body = buf_view(&call->body);
    }
    call->fn(call->arg, &answer);
    free(pairs);
}
