/* SPDX-License-Identifier: MIT */
#include "store/sqlite/hosts.h"

#include "base/clock.h"
#include "store/sqlite/query.h"

/* One statement looks and inserts, so that of several processes that open a new folder at once (a
 * host and the command line, say) the first names it, and the others find that name. */
static const char host_insert[] = "INSERT INTO host(id, created_ms) SELECT ?1, ?2"
                                  " WHERE NOT EXISTS (SELECT 1 FROM host)";
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

static bool insert_if_none(struct connection *q, struct error *err)
{
    char id[ID_BYTES];
    int64_t now_ms = clock_wall_ms(&clock_system);
    id_make(id, "host", now_ms);
    struct query s;
    query_begin(&s, q, host_insert);
    query_text(&s, text_of(id));
    query_int(&s, now_ms);
    return query_do(&s, err) || error_context(err, "naming this host");
}

/* Looks first, as a folder that has a name needs no write. */
bool hosts_own(struct connection *q, char out[ID_BYTES], struct error *err)
{
    out[0] = '\0';
    if (!find_own(q, out, err))
        return false;
    return out[0] || (insert_if_none(q, err) && find_own(q, out, err));
}
