/* SPDX-License-Identifier: MIT */
/* json_lex.h - the one reader of JSON text: hands out a text's tokens, one a call. The trees of
 * json_parse, the answer of json_is_value and the runner's Lua values are all made of these.
 *
 *     struct json_lex lex;
 *     json_lex_init(&lex, text, &err);
 *     for (enum json_token t; (t = json_lex_next(&lex)) > JSON_END;)
 *         …
 *     return t == JSON_END;
 *
 * It takes RFC 8259 and less: valid UTF-8, no byte order mark, no \u0000, no lone surrogate, no
 * number beyond the range of a double, nothing behind the value. Commas, colons and brackets are
 * its business; repeated names, and how deep or long a text may be, are the caller's.
 * Errors name the byte: "byte 17: expected ',' or ']' but found '2'".
 * Owner: the caller, who also owns the text. Thread: any. Allocates nothing.
 * Limit: JSON_DEPTH_OUT levels. */
#pragma once
#include "base/error.h"
#include "base/json.h"

enum json_token {
    JSON_BAD, /* err says why; so does every call after it */
    JSON_END, /* behind the value */
    JSON_OBJECT_END,
    JSON_ARRAY_END,
    JSON_NAME, /* of a member; its colon is read as well */
    /* The first token of a value, from here on. */
    JSON_OBJECT,
    JSON_ARRAY,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL
};

/* What may come next. */
enum json_lex_place {
    JSON_PLACE_VALUE,
    JSON_PLACE_FIRST_ITEM, /* or the end of the array */
    JSON_PLACE_FIRST_NAME, /* or the end of the object */
    JSON_PLACE_BEHIND,     /* a comma or a closing bracket */
    JSON_PLACE_END,
    JSON_PLACE_BAD
};

struct json_lex {
    const char *start, *at, *end; /* at: the next byte */
    struct error *err;
    bool lax; /* takes \u0000, lone surrogates and numbers beyond double range */

    /* The token that was handed out last. */
    const char *token_at;
    struct text text; /* a name or string as it stands between its quotes; a number, whole */
    bool escaped;     /* text holds escapes: json_lex_unescape */
    bool is_integer;  /* a number without point and exponent, within 64 bits: integer is exact */
    int64_t integer;
    double number; /* of every number: the nearest double */

    int depth; /* the objects and arrays that are open */
    enum json_lex_place place;
    bool is_object[JSON_DEPTH_OUT + 1]; /* by depth, from 1 */
};

void json_lex_init(struct json_lex *l, struct text in, struct error *err);
enum json_token json_lex_next(struct json_lex *l);
/* Writes what the name or string stands for; out has room for text.len bytes. Returns its bytes.
 * Not for a lax lexer. */
size_t json_lex_unescape(struct text text, char *out);

/* Fill err for a token that the caller refuses, and return false. */
bool json_lex_refuse(struct json_lex *l, const char *at, const char *what);
bool json_lex_refuse_repeated(struct json_lex *l); /* the name handed out last */
