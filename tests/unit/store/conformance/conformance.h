/* SPDX-License-Identifier: MIT */
/* conformance.h - what every kind of store must do, as tests that run against whatever store a
 * factory opens. Owner: the test of one kind. Thread: one. */
#pragma once
#include "store/store.h"

enum store_fault {
    FAULT_NONE,
    FAULT_BREAK, /* the statement fails as on a disk that is full */
    FAULT_KILL,  /* the process dies before the statement */
};

struct store_factory {
    const char *name;
    struct store *(*open)(const struct store_options *options, struct error *err);
    bool keeps;  /* what was written outlives store_close and a kill */
    bool beside; /* store_open_blocking opens it a second time, as the CLI does */
    /* What befalls the nth statement of writes from now on, 1 the next; NULL: it cannot be told. */
    void (*fault)(unsigned nth, enum store_fault fault);
};

/* Runs every group; the number of tests that failed. What a store does not do is skipped. */
int conformance_run(const struct store_factory *factory);

/* ---- for the groups */

extern const struct store_factory *conformance_factory;

int conform_runs(void);
int conform_claims(void);
int conform_journal(void);
int conform_lists(void);
int conform_due(void);
int conform_inbox(void);
int conform_keys(void);
int conform_secrets(void);
int conform_webhooks(void);
int conform_audit(void);
int conform_sessions(void);
int conform_watch(void);
int conform_crash(void);
