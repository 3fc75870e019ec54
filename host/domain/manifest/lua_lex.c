/* SPDX-License-Identifier: MIT */
#include "domain/manifest/lua_lex.h"

#include <string.h>

static char byte_at(const struct lua_lex *lex, size_t at)
{
    return at < lex->rest.len ? lex->rest.data[at] : '\0';
}

static void advance(struct lua_lex *lex, size_t bytes)
{
    if (bytes > lex->rest.len)
        bytes = lex->rest.len;
    for (size_t i = 0; i < bytes; i++)
        lex->line += lex->rest.data[i] == '\n';
    lex->rest.data += bytes;
    lex->rest.len -= bytes;
}

static void skip_line(struct lua_lex *lex)
{
    const char *end = lex->rest.len ? memchr(lex->rest.data, '\n', lex->rest.len) : NULL;
    advance(lex, end ? (size_t)(end - lex->rest.data) : lex->rest.len);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* "[[" "[=[" …: the number of '='; -1: no long bracket begins here. */
static int bracket_level(const struct lua_lex *lex)
{
    size_t at = 1;
    if (byte_at(lex, 0) != '[')
        return -1;
    while (byte_at(lex, at) == '=')
        at++;
    return byte_at(lex, at) == '[' ? (int)at - 1 : -1;
}

static bool closes_bracket(const struct lua_lex *lex, size_t at, size_t level)
{
    size_t equals = 0;
    if (byte_at(lex, at++) != ']')
        return false;
    while (byte_at(lex, at) == '=')
        at++, equals++;
    return equals == level && byte_at(lex, at) == ']';
}

/* Stands on a long bracket; steps behind its end and returns what is inside. A line break right
 * behind the bracket is no part of it. */
static struct text read_long(struct lua_lex *lex, size_t level)
{
    advance(lex, level + 2);
    advance(lex, byte_at(lex, 0) == '\r');
    advance(lex, byte_at(lex, 0) == '\n');
    struct text inside = {lex->rest.data, 0};
    while (inside.len < lex->rest.len && !closes_bracket(lex, inside.len, level))
        inside.len++;
    advance(lex, inside.len + level + 2);
    return inside;
}

/* Stands on a quote; a backslash takes the next byte with it, a line's end too. */
static struct text read_quoted(struct lua_lex *lex, bool *escaped)
{
    char quote = byte_at(lex, 0);
    advance(lex, 1);
    struct text inside = {lex->rest.data, 0};
    while (inside.len < lex->rest.len && byte_at(lex, inside.len) != quote &&
           byte_at(lex, inside.len) != '\n') {
        bool escape = byte_at(lex, inside.len) == '\\';
        *escaped = *escaped || escape;
        inside.len += escape ? 2 : 1;
    }
    if (inside.len > lex->rest.len)
        inside.len = lex->rest.len;
    advance(lex, inside.len + 1);
    return inside;
}

static void skip_blanks(struct lua_lex *lex)
{
    while (lex->rest.len > 0) {
        if (is_blank(byte_at(lex, 0))) {
            advance(lex, 1);
        } else if (text_starts(lex->rest, "--")) {
            advance(lex, 2);
            int level = bracket_level(lex);
            if (level >= 0)
                read_long(lex, (size_t)level);
            else
                skip_line(lex);
        } else {
            return;
        }
    }
}

static size_t sign_length(const struct lua_lex *lex)
{
    char c = byte_at(lex, 0);
    size_t len = 1;
    if (byte_at(lex, 1) == '=' && c && strchr("=~<>", c))
        return 2;
    while ((c == '.' || c == ':') && byte_at(lex, len) == c)
        len++;
    return len;
}

struct lua_token lua_lex_next(struct lua_lex *lex)
{
    skip_blanks(lex);
    struct lua_token t = {.kind = LUA_TOKEN_END, .line = lex->line};
    if (lex->rest.len == 0)
        return t;
    int level = bracket_level(lex);
    char c = byte_at(lex, 0);
    if (level >= 0 || c == '"' || c == '\'') {
        t.kind = LUA_TOKEN_STRING;
        t.text = level >= 0 ? read_long(lex, (size_t)level) : read_quoted(lex, &t.escaped);
        return t;
    }
    t.kind = is_word(c) ? LUA_TOKEN_WORD : LUA_TOKEN_SIGN;
    size_t len = is_word(c) ? 1 : sign_length(lex);
    while (is_word(c) && is_word(byte_at(lex, len)))
        len++;
    t.text = (struct text){lex->rest.data, len};
    advance(lex, len);
    return t;
}

bool lua_token_is_sign(const struct lua_token *t, char sign)
{
    return t->kind == LUA_TOKEN_SIGN && t->text.len == 1 && t->text.data[0] == sign;
}

void lua_lex_init(struct lua_lex *lex, struct text source)
{
    *lex = (struct lua_lex){source, 1};
    if (text_starts(source, "\xef\xbb\xbf"))
        advance(lex, 3);
    if (byte_at(lex, 0) == '#')
        skip_line(lex);
}
