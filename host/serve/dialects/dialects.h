/* SPDX-License-Identifier: MIT */
/* dialects.h - the trigger APIs that the host speaks, one file each: parse a request into a call,
 * render the outcome. */
#pragma once
#include "base/json_out.h"
#include "serve/request/request.h"

/* project.c: POST /api/v1.0/project/{project}/trigger/{key} */
void project_head(struct request *q);
void project_body(struct request *q);
void project_refuse(struct request *q, const struct refusal *r);

/* native.c: POST /v1/projects/{project}/triggers/{key}/runs */
void native_head(struct request *q);
void native_body(struct request *q);

/* widget.c: POST /v1/widget/{workflow_id}/runs */
void widget_head(struct request *q);
void widget_body(struct request *q);

/* agent.c: POST /api/agent/trigger/ and POST /api/scenario/{workflow_id}/trigger/ */
void agent_head(struct request *q);
void agent_body(struct request *q);
void scenario_head(struct request *q);
void scenario_body(struct request *q);
void agent_refuse(struct request *q, const struct refusal *r);

/* flow.c: POST /api/v1/flow/{id} and POST /workflows/trigger?workflowId={id} */
void flow_head(struct request *q);
void flow_body(struct request *q);
void webhook_head(struct request *q);
void webhook_body(struct request *q);
void flow_refuse(struct request *q, const struct refusal *r);

/* fire_request.c: what they share. */

/* params[0] and [1] are project and key. Permits, looks up, sets the size limit. lacking: the
 * verdict for a key without the permission. */
void fire_head(struct request *q, enum verdict lacking);
/* Parses and fires; the outcome goes to `render`. wait_ms < 0: the trigger's own. */
void fire_body(struct request *q, int64_t wait_ms, outcome_fn render);
/* Fires what a dialect has understood: adds headers and Idempotency-Key. Refused or fired, the
 * answer is on its way. */
void fire_call(struct request *q, struct call *call, outcome_fn render);
/* The outcome is about a run that was started, by this request or by an earlier one with the same
 * Idempotency-Key, however it has ended meanwhile. */
bool names_started_run(const struct outcome *o);
/* {"runId":…,"sessionId":…,"status":… which the caller goes on with and closes. */
void open_run_answer(struct buf *b, const struct outcome *o);
/* The member "streamUrl". */
void put_stream_url(struct buf *b, const struct request *q, const char *run);
/* Location: /v1/runs/ID */
void set_location(struct request *q, const char *run);
