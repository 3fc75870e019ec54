/* SPDX-License-Identifier: MIT */
/* Whether bytes are one JSON value, without building anything: for what is only handed on, where a
 * stray quote would forge the envelope around it. */
#include "base/json_lex.h"

bool json_is_value(struct text in, int max_depth)
{
    struct json_lex lex;
    enum json_token token;
    json_lex_init(&lex, in, NULL);
    lex.lax = true;
    while ((token = json_lex_next(&lex)) > JSON_END) {
        if (lex.depth > max_depth)
            return false;
    }
    return token == JSON_END;
}
