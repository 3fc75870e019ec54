/* SPDX-License-Identifier: MIT */
/* sql.h - every statement that the store runs, in one place to review. Thread: any, constant. */
#pragma once

/* journal.pos: run number and first sequence number of a chunk in one integer, so that the index of
 * the journal is small and a run's chunks stand in it side by side, in order. */
enum { JOURNAL_SEQ_BITS = 24 };
#define JOURNAL_SEQ_MAX ((UINT64_C(1) << JOURNAL_SEQ_BITS) - 1)

enum sql_statement {
    SQL_BEGIN,      /* a write transaction */
    SQL_BEGIN_READ, /* a snapshot */
    SQL_COMMIT,
    SQL_SAVEPOINT,
    SQL_SAVEPOINT_UNDO,
    SQL_SAVEPOINT_DONE,

    SQL_IDEMPOTENCY_CLAIM,
    SQL_IDEMPOTENCY_FIND,
    SQL_IDEMPOTENCY_DROP,
    SQL_UNIQUE_CLAIM,
    SQL_UNIQUE_FIND,
    SQL_RUN_INSERT,
    SQL_EVENT_INSERT,
    SQL_RUN_FIND, /* number and last sequence number */
    SQL_JOURNAL_INSERT,
    SQL_INBOX_PUT,
    SQL_INBOX_COUNT, /* up to a limit */
    SQL_INBOX_TAKE,
    SQL_INBOX_READ,
    SQL_HOST_PUT,
    SQL_HOST_GET,

    SQL_VERSION_PUT,
    SQL_VERSION_GET,
    SQL_KEY_PUT,
    SQL_KEY_REVOKE,
    SQL_KEY_LIST,
    SQL_KEY_USED,
    SQL_PAUSE_PUT,
    SQL_PAUSE_REMOVE,
    SQL_PAUSE_LIST,
    SQL_AUDIT_PUT,
    SQL_AUDIT_LIST,
    SQL_SECRET_PUT,
    SQL_SECRET_REMOVE,
    SQL_SECRET_LIST,
    SQL_WEBHOOK_PUT,
    SQL_WEBHOOK_MAKE_ROOM, /* revokes all but the newest of the living */
    SQL_WEBHOOK_REVOKE,    /* by id, or all of a trigger */
    SQL_WEBHOOK_LIST,
    SQL_WEBHOOK_KNOWN, /* 1: this hash is an API key's; 2: the trigger has it alive */
    SQL_KEY_KNOWN,     /* a row: this hash is a living webhook secret's */
    SQL_SESSION_ADD,
    SQL_SESSION_READ, /* newest first */

    SQL_RUN_BY_ID,
    SQL_RUN_BY_NUMBER,
    SQL_RUN_BEFORE,    /* the number that lists end before */
    SQL_RUN_NOT_AFTER, /* the number that pages of store_due begin behind */
    SQL_LIST_ALL,
    SQL_LIST_SESSION,
    SQL_LIST_TRIGGER,
    SQL_NEXT_TRIGGER,
    SQL_JOURNAL_HEAD,
    SQL_JOURNAL_READ,
    SQL_DUE_COUNT,
    SQL_DUE_FEW,
    SQL_DUE_WALK,
    SQL_DUE_NEXT,
    SQL_STATEMENTS
};

/* Columns of SQL_RUN_BY_ID and SQL_RUN_BY_NUMBER. */
enum sql_run_column {
    RUN_ID,
    RUN_PROJECT,
    RUN_TRIGGER,
    RUN_KIND,
    RUN_SESSION,
    RUN_INSTRUCTION,
    RUN_EVENT,
    RUN_RESULT,
    RUN_PARENT,
    RUN_ERROR_CODE,
    RUN_ERROR_MESSAGE,
    RUN_ERROR_AT,
    RUN_VERSION,
    RUN_STATUS,
    RUN_SEED,
    RUN_CREATED,
    RUN_STARTED,
    RUN_FINISHED,
    RUN_WAKE,
    RUN_STEPS,
    RUN_OWNER,
    RUN_WAITING,
    RUN_SEQ
};

extern const char *const sql_texts[SQL_STATEMENTS];
