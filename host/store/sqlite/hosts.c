/* SPDX-License-Identifier: MIT */
#include "store/sqlite/hosts.h"

#include "base/clock.h"
#include "store/sqlite/query.h"

static const char host_insert[] = "INSERT INTO host(id, created_ms) VALUES(?1, ?2)";
static const char host_find[] = "SELECT id FROM host";

static bool find_own(struct connection *q, char out[ID_BYTES], struct error *err)
{
    struct query s;
    query_begin(&s, q, host_find);
    int step = query_step(&s, err);
    if (step > 0)
        query_column_copy(&s, 0, out, ID_BYTES);
    query_end(&s);
    return step >= 0;
}

bool hosts_own(struct connection *q, char out[ID_BYTES], struct error *err)
{
    out[0] = '\0';
    if (!find_own(q, out, err))
        return false;
    if (out[0])
        return true;
    int64_t now_ms = clock_wall_ms(&clock_system);
    id_make(out, "host", now_ms);
    struct query s;
    query_begin(&s, q, host_insert);
    query_text(&s, text_of(out));
    query_int(&s, now_ms);
    return query_do(&s, err) || error_context(err, "naming this host");
}
