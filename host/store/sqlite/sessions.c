/* SPDX-License-Identifier: MIT */
#include "store/sqlite/sessions.h"

#include "store/sqlite/query.h"

static bool add(struct sqlite *q, const struct store_turn *turn, const char *role, struct text text,
                struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_SESSION_ADD);
    query_text(&s, turn->project);
    query_text(&s, turn->session);
    query_text(&s, turn->run);
    query_int(&s, turn->step);
    query_text(&s, text_of(role));
    query_text(&s, text.data ? text : TEXT(""));
    query_int(&s, turn->at_ms);
    return query_do(&s, err);
}

bool sessions_add(struct sqlite *q, const struct store_turn *turn, struct error *err)
{
    return add(q, turn, "user", turn->user, err) && add(q, turn, "assistant", turn->assistant, err);
}

static void reverse(struct store_message *rows, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct store_message first = rows[i];
        rows[i] = rows[count - 1 - i];
        rows[count - 1 - i] = first;
    }
}

bool sessions_read(struct sqlite *q, struct text project, struct text session, uint32_t limit,
                   struct keep *keep, struct store_message **rows, size_t *count, struct error *err)
{
    struct query s;
    size_t bytes = 0;
    int step = 0;
    *rows = keep_alloc(keep, (limit ? limit : 1) * sizeof **rows);
    *count = 0;
    query_begin(&s, q, SQL_SESSION_READ);
    query_text(&s, project);
    query_text(&s, session);
    query_int(&s, limit);
    while (*count < limit && (step = query_step(&s, err)) > 0) {
        struct text text = query_column_text(&s, 1);
        bytes += text.len;
        if (bytes > SESSION_BYTES_MAX && *count > 0)
            break;
        (*rows)[(*count)++] = (struct store_message){
            .role = keep_text(keep, query_column_text(&s, 0)),
            .text = keep_text(keep, text),
            .run = keep_text(keep, query_column_text(&s, 2)),
            .step = (uint32_t)query_column_int(&s, 3),
            .at_ms = query_column_int(&s, 4),
        };
    }
    query_end(&s);
    reverse(*rows, *count);
    return step >= 0;
}
