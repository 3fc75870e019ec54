/* SPDX-License-Identifier: MIT */
#include "deploy/require_scan.h"

void require_scan_init(struct require_scan *s, struct text source)
{
    lua_lex_init(&s->lex, source);
}

/* Reads the argument behind the word require. False: it is no plain string, and may hold a require
 * of its own, so reading goes on right behind the word. */
static bool read_argument(struct require_scan *s, struct text *name)
{
    struct lua_lex ahead = s->lex;
    struct lua_token t = lua_lex_next(&ahead);
    bool parenthesis = lua_token_is_sign(&t, '(');
    if (parenthesis)
        t = lua_lex_next(&ahead);
    if (t.kind != LUA_TOKEN_STRING || t.escaped)
        return false;
    *name = t.text;
    s->lex = ahead;
    if (!parenthesis)
        return true;
    t = lua_lex_next(&ahead);
    return lua_token_is_sign(&t, ')'); /* else it is require("lib." .. name) */
}

bool require_scan_next(struct require_scan *s, struct text *name, int *line)
{
    bool field = false; /* behind '.' or ':' it is the require of some table */
    for (;;) {
        struct lua_token t = lua_lex_next(&s->lex);
        if (t.kind == LUA_TOKEN_END)
            return false;
        *line = t.line;
        if (t.kind == LUA_TOKEN_WORD && !field && text_is(t.text, "require") &&
            read_argument(s, name))
            return true;
        field = lua_token_is_sign(&t, '.') || lua_token_is_sign(&t, ':');
    }
}
