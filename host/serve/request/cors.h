/* SPDX-License-Identifier: MIT */
/* cors.h - which web pages of other origins may read an answer (https://fetch.spec.whatwg.org,
 * "CORS protocol"): those that the trigger lists, on the routes whose row says `cors`, never with
 * cookies. A path that is open has one method (unit/serve/routes). Owner: the request. Thread:
 * loop. */
#pragma once
#include "serve/request/request.h"

struct store_run;

/* A page asks whether it may send its request (a preflight). It bears no credential. */
bool cors_asked(const struct request *q);
/* The route of a preflight. Unknown triggers and those that do not list the page are one answer;
 * for the routes of runs any trigger that lists it will do, since the run's own decides later. */
extern const struct route cors_preflight;
/* Judges by the trigger that the path names; of a run by all triggers. */
void cors_judge(struct request *q);
/* The run is known and the asker may read it: its own trigger decides from here on. */
void cors_judge_run(struct request *q, const struct store_run *row);
/* Sets the headers as judged, once. */
void cors_answer(struct request *q);
