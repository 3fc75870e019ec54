/* SPDX-License-Identifier: MIT */
#include "store/sqlite/row.h"

static struct text kept(const struct query *s, enum sql_run_column c, struct keep *keep)
{
    return keep_text(keep, query_column_text(s, (int)c));
}

static struct text kept_if_small(const struct query *s, enum sql_run_column c, size_t text_max,
                                 struct keep *keep, bool *cut)
{
    struct text t = query_column_text(s, (int)c);
    if (t.len <= text_max)
        return keep_text(keep, t);
    *cut = true;
    return TEXT_NONE;
}

void row_read(const struct query *s, size_t text_max, struct keep *keep, struct store_run *out)
{
    *out = (struct store_run){
        .project = kept(s, RUN_PROJECT, keep),
        .trigger = kept(s, RUN_TRIGGER, keep),
        .kind = kept(s, RUN_KIND, keep),
        .session = kept(s, RUN_SESSION, keep),
        .instruction = kept(s, RUN_INSTRUCTION, keep),
        .parent = kept(s, RUN_PARENT, keep),
        .error_code = kept(s, RUN_ERROR_CODE, keep),
        .error_message = kept(s, RUN_ERROR_MESSAGE, keep),
        .error_at = kept(s, RUN_ERROR_AT, keep),
        .owner = kept(s, RUN_OWNER, keep),
        .waiting = kept(s, RUN_WAITING, keep),
        .status = (enum store_status)query_column_int(s, RUN_STATUS),
        .seed = (uint64_t)query_column_int(s, RUN_SEED),
        .created_ms = query_column_int(s, RUN_CREATED),
        .started_ms = query_column_int(s, RUN_STARTED),
        .finished_ms = query_column_int(s, RUN_FINISHED),
        .wake_ms = query_column_int(s, RUN_WAKE),
        .steps = (uint32_t)query_column_int(s, RUN_STEPS),
        .seq = (uint64_t)query_column_int(s, RUN_SEQ),
    };
    out->event = kept_if_small(s, RUN_EVENT, text_max, keep, &out->cut);
    out->result = kept_if_small(s, RUN_RESULT, text_max, keep, &out->cut);
    query_column_copy(s, RUN_ID, out->run, sizeof out->run);
    query_column_hash(s, RUN_VERSION, out->version);
}
