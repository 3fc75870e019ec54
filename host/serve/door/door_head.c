/* SPDX-License-Identifier: MIT */
#include "serve/door/door_head.h"

#include "domain/verdict.h"
#include <string.h>

enum { METHOD_BYTES = 32, LENGTH_DIGITS = 15 };

static const char *const method_names[] = {
    [METHOD_GET] = "GET",         [METHOD_HEAD] = "HEAD",   [METHOD_POST] = "POST",
    [METHOD_PUT] = "PUT",         [METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE",
    [METHOD_OPTIONS] = "OPTIONS",
};

const char *http_method_name(enum http_method method)
{
    return method < METHOD_OTHER ? method_names[method] : "";
}

/* RFC 9110, 5.6.2: what names of methods and headers are made of. */
static const bool token_chars[256] = {
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1,         ['&'] = 1,         ['\''] = 1,
    ['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1,         ['^'] = 1,         ['_'] = 1,
    ['`'] = 1, ['|'] = 1, ['~'] = 1, ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1,
};

/* Values: everything but control characters; the tab is none. */
static bool is_value_char(unsigned char c)
{
    return (c >= ' ' && c != 0x7f) || c == '\t';
}

void head_init(struct head *h)
{
    /* The fields are not cleared: count says how many are there. */
    h->method = METHOD_OTHER;
    h->has_query = h->http_1_0 = h->close = h->chunked = h->has_length = false;
    h->expect_continue = h->websocket = false;
    h->has_line = h->has_host = h->has_coding = h->upgrade_socket = h->upgrade_token = false;
    h->length = 0;
    h->count = 0;
    h->line_at = h->scanned = 0;
    h->method_name = h->path = h->query = (struct head_span){0, 0};
    h->problem = NULL;
    h->verdict = VERDICT_BAD_REQUEST;
}

static bool bad(struct head *h, int verdict, const char *problem)
{
    h->verdict = verdict;
    h->problem = problem;
    return false;
}

static struct head_span span(size_t at, size_t len)
{
    return (struct head_span){(uint16_t)at, (uint16_t)len};
}

static bool parse_method(struct head *h, const char *data, size_t at, size_t len)
{
    if (len == 0 || len > METHOD_BYTES)
        return bad(h, VERDICT_BAD_REQUEST, "the request line has no method");
    for (size_t i = 0; i < len; i++) {
        if (!token_chars[(unsigned char)data[at + i]])
            return bad(h, VERDICT_BAD_REQUEST, "the method is no token");
    }
    struct text name = {data + at, len};
    h->method_name = span(at, len);
    for (size_t i = 0; i < ARRAY_LEN(method_names); i++) {
        if (text_is(name, method_names[i]))
            h->method = (enum http_method)i;
    }
    if (text_is(name, "CONNECT"))
        return bad(h, VERDICT_METHOD, "this is no proxy: CONNECT is refused");
    return true;
}

/* "http://host:1/path" to the offset of "/path"; its end when there is no path. */
static size_t skip_authority(const char *data, size_t at, size_t end)
{
    while (at < end && data[at] != '/' && data[at] != '?')
        at++;
    return at;
}

static bool parse_target(struct head *h, const char *data, size_t at, size_t len)
{
    size_t end = at + len;
    if (len > HEAD_TARGET_BYTES)
        return bad(h, VERDICT_URI_TOO_LONG, "the request target is over 8192 bytes");
    for (size_t i = at; i < end; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c <= ' ' || c == 0x7f || c == '#')
            return bad(h, VERDICT_BAD_REQUEST,
                       "the request target holds a byte that must be percent-encoded");
    }
    struct text target = {data + at, len};
    if (text_is(target, "*") && h->method == METHOD_OPTIONS) {
        h->path = span(at, len);
        return true;
    }
    if (text_starts(target, "http://") || text_starts(target, "https://"))
        at = skip_authority(data, at + (data[at + 4] == 's' ? 8 : 7), end);
    else if (len == 0 || data[at] != '/')
        return bad(h, VERDICT_BAD_REQUEST, "the request target must start with a slash");
    const char *mark = memchr(data + at, '?', end - at);
    size_t path_end = mark ? (size_t)(mark - data) : end;
    h->path = span(at, path_end - at);
    h->has_query = mark != NULL;
    if (mark)
        h->query = span(path_end + 1, end - path_end - 1);
    return true;
}

static bool parse_version(struct head *h, struct text version)
{
    if (version.len != 8 || !text_starts(version, "HTTP/") || version.data[6] != '.')
        return bad(h, VERDICT_BAD_REQUEST, "the request line does not end in HTTP/1.1");
    if (version.data[5] != '1' || version.data[7] < '0' || version.data[7] > '9')
        return bad(h, VERDICT_VERSION, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    h->http_1_0 = version.data[7] == '0';
    h->close = h->http_1_0;
    return true;
}

static bool parse_request_line(struct head *h, const char *data, size_t at, size_t len)
{
    const char *first = memchr(data + at, ' ', len);
    if (!first)
        return bad(h, VERDICT_BAD_REQUEST, "the request line has no target");
    size_t target_at = (size_t)(first - data) + 1;
    size_t rest = at + len - target_at;
    const char *second = memchr(data + target_at, ' ', rest);
    if (!second)
        return bad(h, VERDICT_BAD_REQUEST, "the request line has no version");
    size_t version_at = (size_t)(second - data) + 1;
    h->has_line = true;
    return parse_method(h, data, at, (size_t)(first - data) - at) &&
           parse_version(h, (struct text){data + version_at, at + len - version_at}) &&
           parse_target(h, data, target_at, (size_t)(second - data) - target_at);
}

static bool on_length(struct head *h, struct text value)
{
    /* Repeated, even with equal values: two readers may disagree on which one counts. */
    if (h->has_length)
        return bad(h, VERDICT_BAD_REQUEST, "Content-Length is repeated");
    h->has_length = true;
    if (value.len > LENGTH_DIGITS || !text_u64(value, &h->length))
        return bad(h, VERDICT_BAD_REQUEST, "Content-Length is not a decimal number");
    return true;
}

static bool on_coding(struct head *h, struct text value)
{
    if (h->has_coding || !text_is_fold(value, "chunked"))
        return bad(h, VERDICT_BAD_REQUEST, "the only Transfer-Encoding taken is one \"chunked\"");
    h->has_coding = h->chunked = true;
    return true;
}

static bool on_host(struct head *h, struct text value)
{
    (void)value;
    if (h->has_host)
        return bad(h, VERDICT_BAD_REQUEST, "Host is repeated");
    h->has_host = true;
    return true;
}

static bool on_connection(struct head *h, struct text value)
{
    for (struct text rest = value; rest.data;) {
        struct text word = text_trim(text_cut(&rest, ','));
        if (text_is_fold(word, "close"))
            h->close = true;
        else if (text_is_fold(word, "upgrade"))
            h->upgrade_token = true;
    }
    return true;
}

static bool on_upgrade(struct head *h, struct text value)
{
    /* Anything else, h2c above all, is ignored: the request is answered as plain HTTP/1.1. */
    h->upgrade_socket = text_is_fold(value, "websocket");
    return true;
}

static bool on_expect(struct head *h, struct text value)
{
    if (!text_is_fold(value, "100-continue"))
        return bad(h, VERDICT_BAD_REQUEST, "the only expectation understood is 100-continue");
    h->expect_continue = true;
    return true;
}

static const struct {
    struct text name;
    bool (*take)(struct head *h, struct text value);
} watched[] = {
    {{"host", 4}, on_host},
    {{"content-length", 14}, on_length},
    {{"transfer-encoding", 17}, on_coding},
    {{"connection", 10}, on_connection},
    {{"upgrade", 7}, on_upgrade},
    {{"expect", 6}, on_expect},
};

static bool watch(struct head *h, struct text name, struct text value)
{
    for (size_t i = 0; i < ARRAY_LEN(watched); i++) {
        if (name.len == watched[i].name.len && text_eq(name, watched[i].name))
            return watched[i].take(h, value);
    }
    return true;
}

static bool fold_name(char *name, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!token_chars[(unsigned char)name[i]])
            return false;
        if (name[i] >= 'A' && name[i] <= 'Z')
            name[i] = (char)(name[i] + 32);
    }
    return len > 0;
}

static bool parse_field(struct head *h, char *data, size_t at, size_t len)
{
    if (data[at] == ' ' || data[at] == '\t')
        return bad(h, VERDICT_BAD_REQUEST, "a header line is folded");
    const char *colon = memchr(data + at, ':', len);
    size_t name_len = colon ? (size_t)(colon - data) - at : 0;
    if (!colon || !fold_name(data + at, name_len))
        return bad(h, VERDICT_BAD_REQUEST, "a header line does not start with a name and a colon");
    struct text value = text_trim((struct text){colon + 1, len - name_len - 1});
    for (size_t i = 0; i < value.len; i++) {
        if (!is_value_char((unsigned char)value.data[i]))
            return bad(h, VERDICT_BAD_REQUEST, "a header value holds a control character");
    }
    if (h->count == HEAD_FIELDS)
        return bad(h, VERDICT_HEADERS_TOO_LARGE, "there are over 100 header lines");
    h->fields[h->count].name = span(at, name_len);
    h->fields[h->count].value = span((size_t)(value.data - data), value.len);
    h->count++;
    return watch(h, (struct text){data + at, name_len}, value);
}

static bool check_head(struct head *h)
{
    if (h->chunked && h->has_length)
        return bad(h, VERDICT_BAD_REQUEST, "both Content-Length and Transfer-Encoding are given");
    if (h->chunked && h->http_1_0)
        return bad(h, VERDICT_BAD_REQUEST, "HTTP/1.0 has no Transfer-Encoding");
    if (!h->has_host && !h->http_1_0)
        return bad(h, VERDICT_BAD_REQUEST, "the Host header is missing");
    h->expect_continue = h->expect_continue && !h->http_1_0;
    h->websocket = h->upgrade_socket && h->upgrade_token && h->method == METHOD_GET;
    return true;
}

/* One line without its CRLF. */
static bool parse_line(struct head *h, char *data, size_t at, size_t len)
{
    if (memchr(data + at, '\r', len) || memchr(data + at, '\0', len))
        return bad(h, VERDICT_BAD_REQUEST, "the head holds a bare CR or a NUL");
    return h->has_line ? parse_field(h, data, at, len) : parse_request_line(h, data, at, len);
}

/* A binary protocol, TLS most of all, shows in the first byte; it may never send a line end. */
static bool starts_well(struct head *h, const char *data)
{
    unsigned char c = (unsigned char)data[0];
    if (token_chars[c] || c == '\r')
        return true;
    return bad(h, VERDICT_BAD_REQUEST, "this is not HTTP (TLS ends at the proxy before moontide)");
}

enum head_state head_parse(struct head *h, char *data, size_t len)
{
    if (h->scanned == 0 && len > 0 && !starts_well(h, data))
        return HEAD_BAD;
    size_t limit = len < HEAD_BYTES ? len : HEAD_BYTES;
    while (h->scanned < limit) {
        const char *feed = memchr(data + h->scanned, '\n', limit - h->scanned);
        if (!feed) {
            h->scanned = limit;
            break;
        }
        size_t at = h->line_at, end = (size_t)(feed - data);
        h->scanned = h->line_at = end + 1;
        if (end == at || data[end - 1] != '\r') {
            bad(h, VERDICT_BAD_REQUEST, "a line of the head ends in a bare LF");
            return HEAD_BAD;
        }
        if (end - 1 > at) {
            if (!parse_line(h, data, at, end - 1 - at))
                return HEAD_BAD;
        } else if (h->has_line) {
            return check_head(h) ? HEAD_DONE : HEAD_BAD;
        } else if (at > 0) { /* RFC 9112, 2.2: one may be skipped */
            bad(h, VERDICT_BAD_REQUEST, "blank lines stand before the request line");
            return HEAD_BAD;
        }
    }
    if (len < HEAD_BYTES)
        return HEAD_MORE;
    if (h->has_line)
        bad(h, VERDICT_HEADERS_TOO_LARGE, "the head is over 16384 bytes");
    else
        bad(h, VERDICT_URI_TOO_LONG, "the request line is over 16384 bytes");
    return HEAD_BAD;
}
