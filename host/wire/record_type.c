/* SPDX-License-Identifier: MIT */
#include "wire/record_type.h"

static const char *const names[RECORD_TYPES] = {
    [RECORD_RUN_ACCEPTED] = "run.accepted",
    [RECORD_RUN_STARTED] = "run.started",
    [RECORD_STEP_STARTED] = "step.started",
    [RECORD_STEP_PROGRESS] = "step.progress",
    [RECORD_STEP_COMPLETED] = "step.completed",
    [RECORD_STEP_FAILED] = "step.failed",
    [RECORD_STEP_RETRYING] = "step.retrying",
    [RECORD_TEXT_DELTA] = "text.delta",
    [RECORD_LOG] = "log",
    [RECORD_APPROVAL_REQUESTED] = "approval.requested",
    [RECORD_APPROVAL_RESOLVED] = "approval.resolved",
    [RECORD_RUN_WAITING] = "run.waiting",
    [RECORD_RUN_RESUMED] = "run.resumed",
    [RECORD_RUN_COMPLETED] = "run.completed",
    [RECORD_RUN_FAILED] = "run.failed",
    [RECORD_RUN_CANCELLED] = "run.cancelled",
    [RECORD_RUN_TIMED_OUT] = "run.timed_out",
};

const char *record_type_name(enum record_type type)
{
    if ((unsigned)type >= RECORD_TYPES || !names[type])
        return "unknown";
    return names[type];
}
