/* SPDX-License-Identifier: MIT */
/* lua_lex.h - the tokens of a Lua source (manual, section 3.1), as far as they are needed to read
 * it without running it. Blanks and comments are passed over; a source may be broken anywhere: what
 * is not closed ends with its line, or with the source. Pure. Thread: any. */
#pragma once
#include "base/text.h"

enum lua_token_kind {
    LUA_TOKEN_END,
    LUA_TOKEN_WORD,   /* a name, a keyword, a number's digits */
    LUA_TOKEN_STRING, /* in quotes or long brackets */
    LUA_TOKEN_SIGN,   /* "==" "~=" "<=" ">=" ".." "..." "::" are one sign each */
};

struct lua_token {
    enum lua_token_kind kind;
    struct text text; /* borrowed; of a string what is between its ends, as written */
    bool escaped;     /* a string that holds a backslash which means something else */
    int line;         /* where it begins, from 1 */
};

/* A copy looks ahead. */
struct lua_lex {
    struct text rest; /* of the source */
    int line;         /* of rest */
};

/* Passes over a byte order mark and a first line of "#!…", as Lua does. source: borrowed. */
void lua_lex_init(struct lua_lex *lex, struct text source);
struct lua_token lua_lex_next(struct lua_lex *lex);
bool lua_token_is_sign(const struct lua_token *t, char sign);
