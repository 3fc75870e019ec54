/* SPDX-License-Identifier: MIT */
/* record_type.h - the types of journal records.
 * The numbers are on disk: never change one, only add. */
#pragma once

enum record_type {
    RECORD_NONE = 0,
    RECORD_RUN_ACCEPTED = 1,
    RECORD_RUN_STARTED = 2,
    RECORD_STEP_STARTED = 3,
    RECORD_STEP_PROGRESS = 4,
    RECORD_STEP_COMPLETED = 5,
    RECORD_STEP_FAILED = 6,
    RECORD_STEP_RETRYING = 7,
    RECORD_TEXT_DELTA = 8,
    RECORD_LOG = 9,
    RECORD_APPROVAL_REQUESTED = 10,
    RECORD_APPROVAL_RESOLVED = 11,
    RECORD_RUN_WAITING = 12,
    RECORD_RUN_RESUMED = 13,
    RECORD_RUN_COMPLETED = 14,
    RECORD_RUN_FAILED = 15,
    RECORD_RUN_CANCELLED = 16,
    RECORD_RUN_TIMED_OUT = 17,
    RECORD_TYPES
};

/* "step.started" and so on; "unknown" for a number that is none. */
const char *record_type_name(enum record_type type);
