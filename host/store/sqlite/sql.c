/* SPDX-License-Identifier: MIT */
#include "store/sqlite/sql.h"

/* The last sequence number of a run: chunks are appended without touching the run's row, so what
 * the row says (as of its last update) may be behind. 24 and 16777215: JOURNAL_SEQ_BITS. */
#define LAST_SEQ                                                                           \
    "max(run.seq, coalesce((SELECT (pos & 16777215) + count - 1 FROM journal"              \
    " WHERE pos > run.num << 24 AND pos < (run.num + 1) << 24 ORDER BY pos DESC LIMIT 1)," \
    " 0))"

/* In the order of enum sql_run_column. */
#define RUN_ROW                                                                   \
    "SELECT run.run, run.project, run.trigger, run.kind, run.session,"            \
    " run.instruction, coalesce(run.event, event.event), run.result, run.parent," \
    " run.error_code, run.error_message, run.error_at, run.version, run.status,"  \
    " run.seed, run.created_ms, run.started_ms, run.finished_ms, run.wake_ms,"    \
    " run.steps, coalesce(run.owner, (SELECT id FROM host)),"                     \
    " nullif(run.waiting, ''), " LAST_SEQ " FROM run LEFT JOIN event ON event.num = run.num"

#define KEY_ROW                                                                  \
    "SELECT id, name, hash, permissions, projects, default_project, created_ms," \
    " revoked_ms, expires_ms, used_ms, origins, per_minute FROM api_key"

const char *const sql_texts[SQL_STATEMENTS] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_BEGIN_READ] = "BEGIN",
    [SQL_COMMIT] = "COMMIT",
    [SQL_SAVEPOINT] = "SAVEPOINT one",
    [SQL_SAVEPOINT_UNDO] = "ROLLBACK TO one",
    [SQL_SAVEPOINT_DONE] = "RELEASE one",

    [SQL_IDEMPOTENCY_CLAIM] =
        "INSERT INTO idempotency(caller, project, trigger, key, body_hash, run, created_ms)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
    [SQL_IDEMPOTENCY_FIND] = "SELECT body_hash, run FROM idempotency"
                             " WHERE caller = ?1 AND project = ?2 AND trigger = ?3 AND key = ?4",
    [SQL_IDEMPOTENCY_DROP] = "DELETE FROM idempotency"
                             " WHERE caller = ?1 AND project = ?2 AND trigger = ?3 AND key = ?4",
    /* An expired claim changes hands. */
    [SQL_UNIQUE_CLAIM] = "INSERT INTO claim(project, trigger, fingerprint, until_ms, run)"
                         " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE"
                         " SET until_ms = excluded.until_ms, run = excluded.run"
                         " WHERE claim.until_ms > 0 AND claim.until_ms <= ?6",
    [SQL_UNIQUE_FIND] =
        "SELECT run FROM claim WHERE project = ?1 AND trigger = ?2 AND fingerprint = ?3",
    /* The last twelve in the order of the columns table in apply.c. */
    [SQL_RUN_INSERT] =
        "INSERT INTO run(run, project, trigger, kind, session, event, parent, version, seed,"
        " created_ms, seq, status, started_ms, finished_ms, wake_ms, steps, instruction, result,"
        " error_code, error_message, error_at, owner, waiting)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,"
        " ?19, ?20, ?21, ?22, ?23)",
    [SQL_EVENT_INSERT] = "INSERT INTO event(num, event) VALUES(?1, ?2)",
    [SQL_RUN_FIND] = "SELECT num, " LAST_SEQ " FROM run WHERE run = ?1",
    [SQL_JOURNAL_INSERT] = "INSERT INTO journal(pos, count, bytes) VALUES(?1, ?2, ?3)",

    [SQL_INBOX_PUT] = "INSERT INTO inbox(num, kind, data, at_ms) VALUES(?1, ?2, ?3, ?4)",
    [SQL_INBOX_COUNT] = "SELECT count(*) FROM (SELECT 1 FROM inbox WHERE num = ?1 LIMIT ?2)",
    [SQL_INBOX_TAKE] = "DELETE FROM inbox WHERE num = ?1 AND id <= ?2",
    [SQL_INBOX_READ] = "SELECT id, kind, data, at_ms FROM inbox"
                       " WHERE num = (SELECT num FROM run WHERE run = ?1) ORDER BY id",
    [SQL_HOST_PUT] = "INSERT INTO host(id, created_ms) VALUES(?1, ?2)",
    [SQL_HOST_GET] = "SELECT id FROM host",

    [SQL_VERSION_PUT] = "INSERT INTO version(hash, project, trigger, bundle)"
                        " VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    [SQL_VERSION_GET] = "SELECT bundle FROM version WHERE hash = ?1",
    [SQL_KEY_PUT] = "INSERT INTO api_key(id, name, hash, permissions, projects, default_project,"
                    " created_ms, revoked_ms, expires_ms, origins, per_minute)"
                    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    /* Revoking twice keeps the first time. */
    [SQL_KEY_REVOKE] = "UPDATE api_key SET revoked_ms = CASE revoked_ms WHEN 0 THEN ?2"
                       " ELSE revoked_ms END WHERE id = ?1",
    [SQL_KEY_LIST] = KEY_ROW " ORDER BY created_ms, id",
    [SQL_KEY_USED] = "UPDATE api_key SET used_ms = ?2 WHERE id = ?1 AND used_ms < ?2",
    /* Who paused it first did. */
    [SQL_PAUSE_PUT] = "INSERT INTO pause(project, trigger, by, at_ms) VALUES(?1, ?2, ?3, ?4)"
                      " ON CONFLICT DO NOTHING",
    [SQL_PAUSE_REMOVE] = "DELETE FROM pause WHERE project = ?1 AND trigger = ?2",
    [SQL_PAUSE_LIST] = "SELECT project, trigger, by, at_ms FROM pause",
    [SQL_AUDIT_PUT] = "INSERT INTO audit(at_ms, actor, action, target, detail, request)"
                      " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [SQL_AUDIT_LIST] = "SELECT num, at_ms, actor, action, target, detail, request FROM audit"
                       " WHERE num < ?1 ORDER BY num DESC LIMIT ?2",
    /* A new value under an old name keeps the time when the name was made. */
    [SQL_SECRET_PUT] = "INSERT INTO secret(name, hosts, sealed, created_ms, updated_ms)"
                       " VALUES(?1, ?2, ?3, ?4, ?4) ON CONFLICT DO UPDATE"
                       " SET hosts = excluded.hosts, sealed = excluded.sealed,"
                       " updated_ms = excluded.updated_ms",
    [SQL_SECRET_REMOVE] = "DELETE FROM secret WHERE name = ?1",
    [SQL_SECRET_LIST] = "SELECT name, hosts, sealed, created_ms, updated_ms FROM secret"
                        " ORDER BY name",

    [SQL_WEBHOOK_PUT] = "INSERT INTO webhook(id, project, trigger, hash, created_ms, revoked_ms)"
                        " VALUES(?1, ?2, ?3, ?4, ?5, 0)",
    [SQL_WEBHOOK_MAKE_ROOM] =
        "UPDATE webhook SET revoked_ms = ?3 WHERE project = ?1 AND trigger = ?2"
        " AND revoked_ms = 0 AND id NOT IN (SELECT id FROM webhook WHERE project = ?1"
        " AND trigger = ?2 AND revoked_ms = 0 ORDER BY created_ms DESC, id DESC LIMIT 1)",
    [SQL_WEBHOOK_REVOKE] = "UPDATE webhook SET revoked_ms = ?1 WHERE revoked_ms = 0"
                           " AND (?2 IS NULL OR id = ?2) AND (?3 IS NULL OR project = ?3)"
                           " AND (?4 IS NULL OR trigger = ?4)",
    [SQL_WEBHOOK_LIST] = "SELECT id, project, trigger, hash, created_ms, revoked_ms FROM webhook"
                         " ORDER BY project, trigger, created_ms, id",
    [SQL_WEBHOOK_KNOWN] = "SELECT 1 FROM api_key WHERE hash = ?1 UNION ALL SELECT 2 FROM webhook"
                          " WHERE hash = ?1 AND project = ?2 AND trigger = ?3 AND revoked_ms = 0",
    [SQL_KEY_KNOWN] = "SELECT 1 FROM api_key WHERE hash = ?1 UNION ALL SELECT 2 FROM webhook"
                      " WHERE hash = ?1 AND revoked_ms = 0",
    [SQL_SESSION_ADD] =
        "INSERT INTO session_message(project, session, run, step, role, text, at_ms)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(run, step, role)"
        " DO UPDATE SET text = excluded.text, at_ms = excluded.at_ms",
    [SQL_SESSION_READ] = "SELECT role, text, run, step, at_ms FROM session_message"
                         " WHERE project = ?1 AND session = ?2 ORDER BY num DESC LIMIT ?3",

    [SQL_RUN_BY_ID] = RUN_ROW " WHERE run.run = ?1",
    [SQL_RUN_BY_NUMBER] = RUN_ROW " WHERE run.num = ?1",
    /* Also right when the run that is named is gone. */
    [SQL_RUN_BEFORE] = "SELECT num + (run < ?1) FROM run WHERE run <= ?1 ORDER BY run DESC LIMIT 1",
    [SQL_RUN_NOT_AFTER] = "SELECT num FROM run WHERE run <= ?1 ORDER BY run DESC LIMIT 1",
    [SQL_LIST_ALL] = "SELECT num FROM run WHERE num < ?1 ORDER BY num DESC LIMIT ?2",
    [SQL_LIST_SESSION] = "SELECT num FROM run WHERE session = ?3 AND num < ?1"
                         " AND (?4 = '*' OR instr(',' || ?4 || ',', ',' || project || ',') > 0)"
                         " AND (?5 IS NULL OR project = ?5) AND (?6 IS NULL OR trigger = ?6)"
                         " AND (?7 = 0 OR status = ?7) ORDER BY num DESC LIMIT ?2",
    [SQL_LIST_TRIGGER] = "SELECT num FROM run INDEXED BY run_trigger"
                         " WHERE project = ?3 AND trigger = ?4 AND num < ?1 AND num > ?5"
                         " AND (?6 = 0 OR status = ?6) ORDER BY num DESC LIMIT ?2",
    [SQL_NEXT_TRIGGER] = "SELECT project, trigger FROM run INDEXED BY run_trigger"
                         " WHERE (project, trigger) > (?1, ?2)"
                         " ORDER BY project, trigger LIMIT 1",
    [SQL_JOURNAL_HEAD] = "SELECT num, " LAST_SEQ ", status FROM run WHERE run = ?1",
    /* ?1: number << 24, ?2: wanted sequence number. The chunk that holds it may begin before it. */
    [SQL_JOURNAL_READ] =
        "SELECT pos & 16777215, count, bytes FROM journal"
        " WHERE pos >= coalesce((SELECT pos FROM journal WHERE pos > ?1 AND pos <= ?1 + ?2"
        " ORDER BY pos DESC LIMIT 1), ?1) AND pos < ?1 + 16777216 ORDER BY pos",
    [SQL_DUE_COUNT] = "SELECT count(*) FROM (SELECT 1 FROM run INDEXED BY run_wake"
                      " WHERE wake_ms > 0 AND wake_ms <= ?1 UNION ALL SELECT 1 FROM inbox"
                      " LIMIT ?2)",
    [SQL_DUE_FEW] = "SELECT run FROM run WHERE num IN"
                    " (SELECT num FROM run INDEXED BY run_wake"
                    " WHERE wake_ms > 0 AND wake_ms <= ?1 UNION SELECT num FROM inbox)"
                    " AND num > ?2 ORDER BY num LIMIT ?3",
    [SQL_DUE_WALK] = "SELECT run FROM run INDEXED BY run_open WHERE status <= 3 AND num > ?2"
                     " AND ((?4 AND status < 3) OR (wake_ms > 0 AND wake_ms <= ?1)"
                     " OR (EXISTS (SELECT 1 FROM inbox) AND" /* asked once a walk */
                     " EXISTS (SELECT 1 FROM inbox WHERE inbox.num = run.num)))"
                     " ORDER BY num LIMIT ?3",
    [SQL_DUE_NEXT] = "SELECT wake_ms FROM run INDEXED BY run_wake"
                     " WHERE wake_ms > 0 AND wake_ms > ?1 ORDER BY wake_ms LIMIT 1",
};
