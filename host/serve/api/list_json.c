/* SPDX-License-Identifier: MIT */
#include "serve/api/list_json.h"

void list_json_open(struct buf *b, size_t max)
{
    buf_init(b, max);
    json_open(b, NULL, '{');
    json_open(b, "items", '[');
}

void list_json_answer(struct request *q, struct buf *b, const char *next)
{
    json_close(b, ']');
    json_word(b, "next", next);
    json_close(b, '}');
    request_json(q, 200, buf_view(b));
    buf_done(b);
}

void list_json_words(struct buf *b, const char *name, const char *words)
{
    json_open(b, name, '[');
    for (struct text rest = text_of(words); rest.data;) {
        struct text word = text_trim(text_cut(&rest, ','));
        if (word.len > 0)
            json_text(b, NULL, word);
    }
    json_close(b, ']');
}
