/* SPDX-License-Identifier: MIT */
#include "store/sqlite/host.h"

#include "base/clock.h"
#include "store/sqlite/query.h"

static bool find(struct sqlite *q, char out[ID_BYTES], struct error *err)
{
    struct query s;
    query_begin(&s, q, SQL_HOST_GET);
    int step = query_step(&s, err);
    if (step > 0)
        query_column_copy(&s, 0, out, ID_BYTES);
    query_end(&s);
    return step >= 0;
}

bool host_name(struct sqlite *q, char out[ID_BYTES], struct error *err)
{
    out[0] = '\0';
    if (!find(q, out, err))
        return false;
    if (out[0])
        return true;
    int64_t now_ms = clock_wall_ms(&clock_system);
    id_make(out, "host", now_ms);
    struct query s;
    query_begin(&s, q, SQL_HOST_PUT);
    query_text(&s, text_of(out));
    query_int(&s, now_ms);
    return query_do(&s, err) || error_context(err, "naming this host");
}
