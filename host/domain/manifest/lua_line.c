/* SPDX-License-Identifier: MIT */
#include "domain/manifest/lua_line.h"

#include <string.h>

enum kind { KIND_END, KIND_NAME, KIND_STRING, KIND_MARK };

struct token {
    enum kind kind;
    struct text text; /* of a string: what is between the quotes, escapes as written */
    int line;
};

struct scan {
    struct text rest;
    int line;
};

/* ---- tokens */

static void skip(struct scan *s, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        s->line += s->rest.data[i] == '\n';
    s->rest.data += bytes;
    s->rest.len -= bytes;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* "[[" or "[=[" at the front: how many bytes open it; 0: none. */
static size_t long_bracket(struct text t)
{
    size_t i = 1;
    if (t.len < 2 || t.data[0] != '[')
        return 0;
    while (i < t.len && t.data[i] == '=')
        i++;
    return i < t.len && t.data[i] == '[' ? i + 1 : 0;
}

/* Bytes of the whole long string that `open` bytes open; all that is left when it never closes. */
static size_t long_length(struct text t, size_t open)
{
    for (size_t i = open; i + open <= t.len; i++) {
        if (t.data[i] == ']' && t.data[i + open - 1] == ']' &&
            memcmp(t.data + i + 1, t.data + 1, open - 2) == 0)
            return i + open;
    }
    return t.len;
}

static size_t line_length(struct text t)
{
    const char *end = memchr(t.data, '\n', t.len);
    return end ? (size_t)(end - t.data) : t.len;
}

static void skip_blanks(struct scan *s)
{
    while (s->rest.len > 0) {
        if (is_blank(s->rest.data[0])) {
            skip(s, 1);
        } else if (text_starts(s->rest, "--")) {
            skip(s, 2);
            size_t open = long_bracket(s->rest);
            skip(s, open ? long_length(s->rest, open) : line_length(s->rest));
        } else {
            return;
        }
    }
}

static size_t quoted_length(struct text t)
{
    size_t i = 1;
    while (i < t.len && t.data[i] != t.data[0] && t.data[i] != '\n')
        i += t.data[i] == '\\' ? 2 : 1;
    return i < t.len ? i + 1 : t.len;
}

static struct token take(struct scan *s)
{
    skip_blanks(s);
    struct token t = {.kind = KIND_END, .line = s->line};
    if (s->rest.len == 0)
        return t;
    char c = s->rest.data[0];
    size_t len = 1, open = long_bracket(s->rest);
    t.kind = KIND_MARK;
    if (open) {
        t.kind = KIND_STRING;
        len = long_length(s->rest, open);
    } else if (c == '"' || c == '\'') {
        t.kind = KIND_STRING;
        len = quoted_length(s->rest);
    } else if (is_word(c)) {
        t.kind = KIND_NAME;
        while (len < s->rest.len && is_word(s->rest.data[len]))
            len++;
    } else if (s->rest.len > 1 && s->rest.data[1] == '=' && strchr("=~<>", c)) {
        len = 2;
    }
    t.text = (struct text){s->rest.data, len};
    if (t.kind == KIND_STRING && !open && len >= 2)
        t.text = (struct text){t.text.data + 1, len - 2};
    skip(s, len);
    return t;
}

static bool is_mark(const struct token *t, char c)
{
    return t->kind == KIND_MARK && t->text.len == 1 && t->text.data[0] == c;
}

/* How a token changes the nesting of tables and blocks. */
static int nesting(const struct token *t)
{
    static const char *const opens[] = {"function", "do", "if", "repeat"};
    static const char *const closes[] = {"end", "until"};
    if (is_mark(t, '{'))
        return 1;
    if (is_mark(t, '}'))
        return -1;
    for (size_t i = 0; t->kind == KIND_NAME && i < ARRAY_LEN(opens); i++) {
        if (text_is(t->text, opens[i]))
            return 1;
    }
    for (size_t i = 0; t->kind == KIND_NAME && i < ARRAY_LEN(closes); i++) {
        if (text_is(t->text, closes[i]))
            return -1;
    }
    return 0;
}

/* ---- the search */

/* The next part of a path: a name, or a position in a list (then *index > 0). False: no more. */
static bool next_part(struct text *path, struct text *name, uint64_t *index)
{
    if (path->len > 0 && path->data[0] == '.') {
        path->data++;
        path->len--;
    }
    if (path->len == 0)
        return false;
    size_t len = 1;
    if (path->data[0] == '[') {
        while (len < path->len && path->data[len] != ']')
            len++;
        if (len == path->len || !text_u64((struct text){path->data + 1, len - 1}, index))
            return false;
        len++;
    } else {
        *index = 0;
        while (len < path->len && path->data[len] != '.' && path->data[len] != '[')
            len++;
        *name = (struct text){path->data, len};
    }
    path->data += len;
    path->len -= len;
    return true;
}

/* Is `key`, the first token of an entry, the name with a "=" behind? Looks ahead on a copy. */
static bool names_entry(struct scan ahead, const struct token *key, struct text name)
{
    struct token t = take(&ahead);
    if (key->kind == KIND_NAME)
        return text_eq(key->text, name) && is_mark(&t, '=');
    if (!is_mark(key, '[') || t.kind != KIND_STRING || !text_eq(t.text, name))
        return false;
    t = take(&ahead);
    if (!is_mark(&t, ']'))
        return false;
    t = take(&ahead);
    return is_mark(&t, '=');
}

/* Moves behind the first token of the entry (of the table that opens next) that is asked for, and
 * returns its line; 0: there is none before that table closes. */
static int find_entry(struct scan *s, struct text name, uint64_t index)
{
    int level = 0;
    uint64_t entry = 0;
    bool at_start = false; /* of an entry */
    for (struct token t = take(s); t.kind != KIND_END; t = take(s)) {
        if (at_start && level == 1 && !is_mark(&t, '}')) {
            entry++;
            bool found = index ? entry == index : names_entry(*s, &t, name);
            if (found && index && is_mark(&t, '{')) { /* the search goes on inside of it */
                s->rest.data--;
                s->rest.len++;
            }
            if (found)
                return t.line;
        }
        level += nesting(&t);
        if (level < 0)
            level = 0; /* the rest of what was open before the line */
        at_start = level == 1 && (is_mark(&t, '{') || is_mark(&t, ',') || is_mark(&t, ';'));
        if (level == 0 && is_mark(&t, '}'))
            return 0;
    }
    return 0;
}

/* To the first token of the line, or behind the word `trigger` on it. */
static struct scan start_at(struct text source, int from)
{
    struct scan s = {source, 1};
    skip_blanks(&s);
    while (s.line < from && s.rest.len > 0) {
        take(&s);
        skip_blanks(&s);
    }
    struct scan ahead = s;
    for (struct token t = take(&ahead); t.kind != KIND_END && t.line == s.line; t = take(&ahead)) {
        if (text_is(t.text, "trigger"))
            return ahead;
    }
    return s;
}

int lua_line_find(struct text source, int from, const char *path)
{
    if (!source.data)
        return from;
    struct scan s = start_at(source, from);
    struct text rest = text_of(path), name = TEXT_NONE;
    int best = from;
    uint64_t index = 0;
    while (next_part(&rest, &name, &index)) {
        int line = find_entry(&s, name, index);
        if (!line)
            break;
        best = line;
    }
    return best;
}
