/* SPDX-License-Identifier: MIT */
/* api.h - the native API, one function a route. */
#pragma once
#include "serve/request/request.h"

/* runs.c */
void runs_get(struct request *q);
void runs_list(struct request *q);
void runs_cancel(struct request *q);
/* events.c */
void runs_events(struct request *q);
/* triggers.c */
void triggers_list(struct request *q);
void triggers_get(struct request *q);
void triggers_pause(struct request *q);
void triggers_resume(struct request *q);
/* The trigger at params[0]/params[1] if the key has p there; NULL: refused. 403 for who may see it,
 * else 404. */
struct trigger *triggers_named(struct request *q, enum permission p);
/* snippets.c */
void snippets_get(struct request *q);
/* keys.c */
void keys_list_all(struct request *q);
void keys_create(struct request *q);
void keys_delete(struct request *q);
/* webhooks.c */
void webhooks_list_all(struct request *q);
void webhooks_create(struct request *q);
void webhooks_delete_all(struct request *q);
void webhooks_delete(struct request *q);
/* secrets.c */
void secrets_list_all(struct request *q);
void secrets_set(struct request *q);
void secrets_delete(struct request *q);
/* audit.c */
void audit_list(struct request *q);
/* What the asker does right now; texts are borrowed from the request and the arguments. */
struct store_audit audit_of(const struct request *q, const char *action, const char *target);
/* health.c */
void health_alive(struct request *q);
void health_ready(struct request *q);
/* openapi.c */
void openapi_get(struct request *q);
/* page.c */
void page_get(struct request *q);

/* run_json.c: the run object of the API. */
void run_json(struct buf *out, const struct engine *e, const struct store_run *row);
/* True when the asker may read this run; else 404 was answered: nobody learns of runs that are not
 * theirs. */
bool run_permitted(struct request *q, const struct store_run *row, enum permission p);
/* Which id the path names; false: refused. */
bool run_id_ok(struct request *q);
