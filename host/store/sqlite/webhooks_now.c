/* SPDX-License-Identifier: MIT */
/* Webhook secrets from the command line: a connection of its own, and the stamp that tells a
 * running host to look. */
#include "store/sqlite/audit.h"
#include "store/sqlite/database.h"
#include "store/sqlite/keys.h"
#include "store/sqlite/webhooks.h"
#include <stdio.h>

static bool note(struct sqlite *q, const char *action, const char *id, const char *project,
                 const char *trigger, int64_t now_ms, struct error *err)
{
    char target[160] = "";
    if (!id)
        snprintf(target, sizeof target, "%s/%s", project, trigger);
    struct store_audit a = {.at_ms = now_ms,
                            .actor = TEXT("cli"),
                            .action = text_of(action),
                            .target = id ? text_of(id) : text_of(target)};
    return audit_put(q, &a, err);
}

bool store_webhook_create_blocking(const char *data, const struct store_webhook *webhook,
                                   size_t *revoked, struct error *err)
{
    struct sqlite q;
    *revoked = 0;
    if (!database_open(&q, data, DATABASE_ONCE, err))
        return false;
    bool ok = sqlite_exec(&q, "BEGIN IMMEDIATE", err) && webhooks_put(&q, webhook, revoked, err) &&
              note(&q, "webhook.create", NULL, webhook->project, webhook->trigger,
                   webhook->created_ms, err) &&
              sqlite_exec(&q, "COMMIT", err) && keys_stamp(&q, err);
    sqlite_close(&q);
    return ok;
}

bool store_webhook_revoke_blocking(const char *data, const char *id, const char *project,
                                   const char *trigger, int64_t now_ms, size_t *revoked,
                                   struct error *err)
{
    struct sqlite q;
    *revoked = 0;
    if (!database_open(&q, data, DATABASE_EXISTING, err))
        return false;
    bool ok = sqlite_exec(&q, "BEGIN IMMEDIATE", err) &&
              webhooks_revoke(&q, id, project, trigger, now_ms, revoked, err) &&
              note(&q, "webhook.remove", id, project, trigger, now_ms, err) &&
              sqlite_exec(&q, "COMMIT", err) && keys_stamp(&q, err);
    sqlite_close(&q); /* undoes what is not committed */
    return ok;
}

bool store_webhooks_blocking(const char *data, struct store_webhook **webhooks, size_t *count,
                             struct error *err)
{
    struct sqlite q;
    *webhooks = NULL;
    *count = 0;
    if (!database_open(&q, data, DATABASE_EXISTING, err))
        return false;
    bool ok = webhooks_list(&q, webhooks, count, err);
    sqlite_close(&q);
    return ok;
}
