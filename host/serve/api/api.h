/* SPDX-License-Identifier: MIT */
/* api.h - the native API, one function a route. */
#pragma once
#include "serve/request.h"

/* runs.c */
void runs_get(struct request *q);
void runs_list(struct request *q);
void runs_cancel(struct request *q);
/* events.c */
void runs_events(struct request *q);
/* triggers.c */
void triggers_list(struct request *q);
void triggers_get(struct request *q);
/* health.c */
void health_alive(struct request *q);
void health_ready(struct request *q);
/* page.c */
void page_get(struct request *q);

/* run_json.c: the run object of the API. */
void run_json(struct buf *out, const struct store_run *row);
/* True when the asker may read this run; else 404 was answered: nobody learns of runs that are not
 * theirs. */
bool run_permitted(struct request *q, const struct store_run *row, enum permission p);
/* Which id the path names; false: refused. */
bool run_id_ok(struct request *q);
