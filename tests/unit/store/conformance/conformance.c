/* SPDX-License-Identifier: MIT */
#include "store/conformance/conformance.h"

const struct store_factory *conformance_factory;

static int (*const groups[])(void) = {
    conform_runs,     conform_claims, conform_journal, conform_lists,    conform_due,
    conform_inbox,    conform_keys,   conform_secrets, conform_webhooks, conform_audit,
    conform_sessions, conform_watch,  conform_crash,
};

int conformance_run(const struct store_factory *factory)
{
    int failed = 0;
    conformance_factory = factory;
    for (size_t i = 0; i < ARRAY_LEN(groups); i++)
        failed += groups[i]();
    return failed;
}
