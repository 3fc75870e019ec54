/* SPDX-License-Identifier: MIT */
#include "base/mem.h"
#include "net/http_call.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HEADER_LINE_MAX = 64 << 10 };

/* ---- the method */

enum body_rule { BODY_AS_GIVEN, BODY_ALWAYS, BODY_NEVER };

static const struct method {
    const char *name; /* NULL: all others */
    long option;      /* beside CURLOPT_CUSTOMREQUEST; 0: none */
    enum body_rule body;
    bool custom, refused;
} methods[] = {
    {"GET", CURLOPT_HTTPGET, BODY_AS_GIVEN, false, false},
    {"HEAD", CURLOPT_NOBODY, BODY_NEVER, false, false},
    {"POST", CURLOPT_POST, BODY_ALWAYS, false, false},
    {"PUT", 0, BODY_ALWAYS, true, false}, /* many servers want Content-Length: 0 */
    {"PATCH", 0, BODY_ALWAYS, true, false},
    {"CONNECT", 0, BODY_NEVER, false, true},
    {"TRACE", 0, BODY_NEVER, false, true},
    {NULL, 0, BODY_AS_GIVEN, true, false},
};

static bool method_word(const char *method)
{
    size_t len = strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_");
    return len > 0 && len <= 32 && !method[len];
}

static bool set_method(struct http_call *call, const struct http_request *request)
{
    const struct curl_lib *curl = &call->http->curl;
    const struct method *m = methods;
    while (m->name && strcmp(m->name, request->method) != 0)
        m++;
    if (m->refused || !method_word(request->method))
        return http_fail(call, "protocol", "method \"%.32s\" is not supported", request->method);
    if (m->option)
        curl->easy_setopt(call->easy, (CURLoption)m->option, 1L);
    call->becomes_get = m->body != BODY_NEVER;
    bool body = m->body == BODY_ALWAYS || (m->body == BODY_AS_GIVEN && request->body.data);
    if (body) {
        const char *data = request->body.data ? request->body.data : "";
        curl->easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        curl->easy_setopt(call->easy, CURLOPT_COPYPOSTFIELDS, data);
    }
    if (!m->custom && !(body && m->option == CURLOPT_HTTPGET))
        return true;
    /* Only a true POST becomes a GET by 301 and 302 (RFC 9110, section 15.4.3). */
    curl->easy_setopt(call->easy, CURLOPT_POSTREDIR,
                      (long)(CURL_REDIR_POST_301 | CURL_REDIR_POST_302));
    curl->easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, request->method);
    return true;
}

/* ---- the headers */

/* They frame the message, which is curl's work; a script that sets them could smuggle a second
 * request to a server behind the one it may talk to. */
static const char *const framing[] = {"content-length",  "transfer-encoding", "te",
                                      "trailer",         "upgrade",           "keep-alive",
                                      "proxy-connection"};

/* Sent unless the request has its own. An empty value means "do not send", in curl's language:
 * Expect would cost a second at servers that do not answer it, Content-Type would claim a form. */
static const char *const defaults[] = {("User-Agent: moontide/" MOONTIDE_VERSION),
                                       "Expect:", "Content-Type:"};

static bool header_well_formed(const char *line, size_t name_len)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789"
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (name_len == 0 || line[name_len] != ':' || strspn(line, token) != name_len)
        return false;
    for (const unsigned char *c = (const unsigned char *)line + name_len; *c; c++) {
        if ((*c < ' ' && *c != '\t') || *c == 0x7f)
            return false;
    }
    return true;
}

static bool same_name(const char *line, size_t name_len, const char *other)
{
    return strlen(other) >= name_len && strncasecmp(line, other, name_len) == 0 &&
           (!other[name_len] || other[name_len] == ':');
}

static void append(struct http_call *call, const char *line)
{
    struct curl_slist *list = call->http->curl.slist_append(call->headers, line);
    if (!list)
        abort(); /* as base/mem: out of memory */
    call->headers = list;
}

static bool add_header(struct http_call *call, const char *line)
{
    size_t name_len = strcspn(line, ":");
    if (strlen(line) > HEADER_LINE_MAX)
        return http_fail(call, "protocol", "request header \"%.*s\" is too long",
                         name_len < 40 ? (int)name_len : 40, line); /* never of its value */
    if (!header_well_formed(line, name_len))
        return http_fail(call, "protocol",
                         "a request header is malformed or has control characters");
    for (size_t i = 0; i < ARRAY_LEN(framing); i++) {
        if (same_name(line, name_len, framing[i]))
            return http_fail(call, "protocol", "header %s cannot be set", framing[i]);
    }
    struct text value = text_trim(text_of(line + name_len + 1));
    if (value.len > 0) {
        append(call, line);
        return true;
    }
    char *empty = mem_text_n(line, name_len + 1);
    empty[name_len] = ';'; /* curl's way to send a header without a value */
    append(call, empty);
    free(empty);
    return true;
}

static bool has_header(const char *const *headers, const char *line)
{
    size_t name_len = strcspn(line, ":");
    for (; headers && *headers; headers++) {
        if (same_name(line, name_len, *headers))
            return true;
    }
    return false;
}

static bool set_headers(struct http_call *call, const struct http_request *request)
{
    for (const char *const *line = request->headers; line && *line; line++) {
        if (!add_header(call, *line))
            return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(defaults); i++) {
        if (!has_header(request->headers, defaults[i]))
            append(call, defaults[i]);
    }
    call->http->curl.easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
    return true;
}

/* ---- the rest */

/* What keeps the egress rule whole. A libcurl that knows one of these not is not used at all. */
static bool set_guards(struct http_call *call)
{
    const struct curl_lib *curl = &call->http->curl;
    CURL *easy = call->easy;
    bool ok = curl->easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, http_open_socket) == CURLE_OK &&
              curl->easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call) == CURLE_OK &&
              curl->easy_setopt(easy, CURLOPT_PREREQFUNCTION, http_before_request) == CURLE_OK &&
              curl->easy_setopt(easy, CURLOPT_PREREQDATA, call) == CURLE_OK &&
              curl->easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
              curl->easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK;
#if LIBCURL_VERSION_NUM >= 0x075500
    ok = ok && curl->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
         curl->easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https") == CURLE_OK;
#else
    long web = CURLPROTO_HTTP | CURLPROTO_HTTPS;
    ok = ok && curl->easy_setopt(easy, CURLOPT_PROTOCOLS, web) == CURLE_OK &&
         curl->easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS, web) == CURLE_OK;
#endif
    return ok || http_fail(call, "protocol", "%s is too old", CURL_LIB_NAME);
}

static void set_transfer(struct http_call *call)
{
    const struct curl_lib *curl = &call->http->curl;
    CURL *easy = call->easy;
    curl->easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl->easy_setopt(easy, CURLOPT_ERRORBUFFER, call->detail);
    curl->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl->easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
    curl->easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl->easy_setopt(easy, CURLOPT_MAXREDIRS, (long)HTTP_REDIRECTS);
    curl->easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl->easy_setopt(easy, CURLOPT_HEADERFUNCTION, http_take_header);
    curl->easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl->easy_setopt(easy, CURLOPT_WRITEFUNCTION, http_take_body);
    curl->easy_setopt(easy, CURLOPT_WRITEDATA, call);
#if LIBCURL_VERSION_NUM >= 0x075700
    /* A call that ends while its name is looked up must not make the loop wait for the resolver's
     * thread; that thread then cleans up after itself. */
    curl->easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
}

bool http_setup(struct http_call *call, const struct http_request *request)
{
    const char *url = request->url;
    /* Without a scheme curl would guess one. */
    if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
        return http_fail(call, "protocol", "the address must start with http:// or https://");
    call->easy = call->http->curl.easy_init();
    if (!call->easy)
        return http_fail(call, "protocol", "%s does not start", CURL_LIB_NAME);
    set_transfer(call);
    if (!set_guards(call) || !set_method(call, request) || !set_headers(call, request))
        return false;
    call->http->curl.easy_setopt(call->easy, CURLOPT_URL, url);
    if (request->same_host) {
        call->origin = http_host(call, url);
        call->origin_port = http_port(call, url);
    }
    call->origin_tls = strncasecmp(url, "https:", 6) == 0;
    return true;
}
