/* SPDX-License-Identifier: MIT */
/* list_json.h - the lists of the native API, {"items":[…],"next":…}, and lists of words. Owner: the
 * caller's buffer. Thread: loop. */
#pragma once
#include "base/json_out.h"
#include "serve/request/request.h"

/* Begins a list in an empty b, which takes up to `max` bytes. The items follow. */
void list_json_open(struct buf *b, size_t max);
/* Answers with the list and frees b. next: the cursor of the page that follows; NULL: none does. */
void list_json_answer(struct request *q, struct buf *b, const char *next);
/* The words that have commas between them, as a list of strings; NULL: an empty one. */
void list_json_words(struct buf *b, const char *name, const char *words);
