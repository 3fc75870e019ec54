/* SPDX-License-Identifier: MIT */
#include "deploy/require_scan.h"
#include <string.h>

enum token { TOKEN_END, TOKEN_WORD, TOKEN_STRING, TOKEN_OTHER };

static char peek(const struct require_scan *s, size_t at)
{
    return at < s->rest.len ? s->rest.data[at] : '\0';
}

static void skip(struct require_scan *s, size_t bytes)
{
    if (bytes > s->rest.len)
        bytes = s->rest.len;
    for (size_t i = 0; i < bytes; i++)
        s->line += s->rest.data[i] == '\n';
    s->rest.data += bytes;
    s->rest.len -= bytes;
}

static bool word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* "[[" "[=[" …: the number of '=', else -1. */
static int long_bracket(const struct require_scan *s)
{
    size_t at = 1;
    if (peek(s, 0) != '[')
        return -1;
    while (peek(s, at) == '=')
        at++;
    return peek(s, at) == '[' ? (int)at - 1 : -1;
}

/* Stands on a long bracket; steps behind its end and returns what is inside. */
static struct text take_long(struct require_scan *s, int level)
{
    skip(s, (size_t)level + 2);
    skip(s, peek(s, 0) == '\r');
    skip(s,
         peek(s, 0) == '\n'); /* a line break right behind the bracket is no part of the string */
    struct text inside = {s->rest.data, 0};
    for (; inside.len < s->rest.len; inside.len++) {
        size_t at = inside.len, equals = 0;
        if (peek(s, at++) != ']')
            continue;
        while (peek(s, at) == '=')
            at++, equals++;
        if (equals == (size_t)level && peek(s, at) == ']')
            break;
    }
    skip(s, inside.len + (size_t)level + 2);
    return inside;
}

/* Stands on a quote; data is NULL when the string has an escape. */
static struct text take_quoted(struct require_scan *s)
{
    char quote = peek(s, 0);
    bool escaped = false;
    skip(s, 1);
    struct text inside = {s->rest.data, 0};
    while (inside.len < s->rest.len && peek(s, inside.len) != quote &&
           peek(s, inside.len) != '\n') {
        bool escape = peek(s, inside.len) == '\\';
        escaped = escaped || escape;
        inside.len += escape ? 2 : 1; /* "\z" and a line's end behind a backslash too */
    }
    if (inside.len > s->rest.len)
        inside.len = s->rest.len;
    skip(s, inside.len + 1);
    return escaped ? TEXT_NONE : inside;
}

static void skip_blanks(struct require_scan *s)
{
    for (;;) {
        if (peek(s, 0) == '-' && peek(s, 1) == '-') {
            skip(s, 2);
            int level = long_bracket(s);
            if (level >= 0) {
                take_long(s, level);
                continue;
            }
            const char *end = s->rest.len ? memchr(s->rest.data, '\n', s->rest.len) : NULL;
            skip(s, end ? (size_t)(end - s->rest.data) : s->rest.len);
        } else if (s->rest.len > 0 && peek(s, 0) != '\0' && strchr(" \t\r\n\f\v", peek(s, 0))) {
            skip(s, 1);
        } else {
            return;
        }
    }
}

/* *value: the word, the inside of the string, or the sign; "..", "..." and "::" are one sign each,
 * so that `a .. require` and `a.require` differ. */
static enum token next_token(struct require_scan *s, struct text *value)
{
    skip_blanks(s);
    if (s->rest.len == 0)
        return TOKEN_END;
    int level = long_bracket(s);
    if (level >= 0) {
        *value = take_long(s, level);
        return TOKEN_STRING;
    }
    char c = peek(s, 0);
    if (c == '"' || c == '\'') {
        *value = take_quoted(s);
        return TOKEN_STRING;
    }
    *value = (struct text){s->rest.data, 1};
    if (word_byte(c)) {
        while (word_byte(peek(s, value->len)))
            value->len++;
    } else if (c == '.' || c == ':') {
        while (peek(s, value->len) == c)
            value->len++;
    }
    skip(s, value->len);
    return word_byte(c) ? TOKEN_WORD : TOKEN_OTHER;
}

void require_scan_init(struct require_scan *s, struct text source)
{
    *s = (struct require_scan){source, 1};
    if (text_starts(source, "\xef\xbb\xbf"))
        skip(s, 3);
    if (peek(s, 0) == '#') { /* "#!/usr/bin/env …", which Lua passes over in a first line */
        const char *end = memchr(s->rest.data, '\n', s->rest.len);
        skip(s, end ? (size_t)(end - s->rest.data) : s->rest.len);
    }
}

/* Behind the word require. What is no plain string is left for the next look. */
static bool argument(struct require_scan *s, struct text *name, int *line)
{
    struct text value;
    struct require_scan ahead = *s;
    enum token token = next_token(&ahead, &value);
    bool parenthesis = token == TOKEN_OTHER && text_is(value, "(");
    if (parenthesis)
        token = next_token(&ahead, &value);
    if (token != TOKEN_STRING || !value.data)
        return false;
    *line = s->line;
    *name = value;
    *s = ahead;
    if (parenthesis && (next_token(&ahead, &value) != TOKEN_OTHER || !text_is(value, ")")))
        return false; /* require("lib." .. name) */
    return true;
}

bool require_scan_next(struct require_scan *s, struct text *name, int *line)
{
    struct text value;
    bool field = false; /* behind '.' or ':': some other table's require */
    for (;;) {
        enum token token = next_token(s, &value);
        if (token == TOKEN_END)
            return false;
        if (token == TOKEN_WORD && !field && text_is(value, "require") && argument(s, name, line))
            return true;
        field = token == TOKEN_OTHER && (text_is(value, ".") || text_is(value, ":"));
    }
}
