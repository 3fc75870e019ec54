/* SPDX-License-Identifier: MIT */
#include "domain/manifest/lua_line.h"

#include "domain/manifest/lua_lex.h"

/* How a token changes the nesting of tables and blocks. */
static int nesting(const struct lua_token *t)
{
    static const char *const opens[] = {"function", "do", "if", "repeat"};
    static const char *const closes[] = {"end", "until"};
    if (lua_token_is_sign(t, '{'))
        return 1;
    if (lua_token_is_sign(t, '}'))
        return -1;
    for (size_t i = 0; t->kind == LUA_TOKEN_WORD && i < ARRAY_LEN(opens); i++) {
        if (text_is(t->text, opens[i]))
            return 1;
    }
    for (size_t i = 0; t->kind == LUA_TOKEN_WORD && i < ARRAY_LEN(closes); i++) {
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
static bool names_entry(struct lua_lex ahead, const struct lua_token *key, struct text name)
{
    struct lua_token t = lua_lex_next(&ahead);
    if (key->kind == LUA_TOKEN_WORD)
        return text_eq(key->text, name) && lua_token_is_sign(&t, '=');
    if (!lua_token_is_sign(key, '[') || t.kind != LUA_TOKEN_STRING || !text_eq(t.text, name))
        return false;
    t = lua_lex_next(&ahead);
    if (!lua_token_is_sign(&t, ']'))
        return false;
    t = lua_lex_next(&ahead);
    return lua_token_is_sign(&t, '=');
}

/* Moves behind the first token of the entry (of the table that opens next) that is asked for, or in
 * front of it where the entry is a table without a name. Returns its line; 0: there is none before
 * that table closes. */
static int find_entry(struct lua_lex *lex, struct text name, uint64_t index)
{
    int level = 0;
    uint64_t entry = 0;
    bool at_start = false; /* of an entry */
    for (;;) {
        struct lua_lex before = *lex;
        struct lua_token t = lua_lex_next(lex);
        if (t.kind == LUA_TOKEN_END)
            return 0;
        if (at_start && level == 1 && !lua_token_is_sign(&t, '}')) {
            entry++;
            bool found = index ? entry == index : names_entry(*lex, &t, name);
            if (found && index && lua_token_is_sign(&t, '{'))
                *lex = before; /* the search goes on inside of it */
            if (found)
                return t.line;
        }
        level += nesting(&t);
        if (level < 0)
            level = 0; /* the rest of what was open before the line */
        at_start = level == 1 && (lua_token_is_sign(&t, '{') || lua_token_is_sign(&t, ',') ||
                                  lua_token_is_sign(&t, ';'));
        if (level == 0 && lua_token_is_sign(&t, '}'))
            return 0;
    }
}

/* In front of the first token on the line or below, or behind the word `trigger` on its line. */
static struct lua_lex start_at(struct text source, int from)
{
    struct lua_lex lex, ahead;
    lua_lex_init(&lex, source);
    ahead = lex;
    struct lua_token t = lua_lex_next(&ahead);
    while (t.line < from && t.kind != LUA_TOKEN_END) {
        lex = ahead;
        t = lua_lex_next(&ahead);
    }
    for (int line = t.line; t.kind != LUA_TOKEN_END && t.line == line; t = lua_lex_next(&ahead)) {
        if (t.kind == LUA_TOKEN_WORD && text_is(t.text, "trigger"))
            return ahead;
    }
    return lex;
}

int lua_line_find(struct text source, int from, const char *path)
{
    if (!source.data)
        return from;
    struct lua_lex lex = start_at(source, from);
    struct text rest = text_of(path), name = TEXT_NONE;
    int best = from;
    uint64_t index = 0;
    while (next_part(&rest, &name, &index)) {
        int line = find_entry(&lex, name, index);
        if (!line)
            break;
        best = line;
    }
    return best;
}
