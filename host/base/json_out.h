/* SPDX-License-Identifier: MIT */
/* json_out.h - writes JSON member by member, without a tree and without commas to think of.
 *
 *     json_open(&b, NULL, '{');
 *     json_text(&b, "code", code);
 *     json_open(&b, "list", '[');
 *     json_int(&b, NULL, 1);
 *     json_close(&b, ']');
 *     json_close(&b, '}');
 *
 * Every function takes the name of the member, or NULL for an element of a list and for the value
 * itself. Whether a comma is due follows from the last byte of the buffer, so a writer holds no
 * state: what stands before a value in the buffer must be JSON under way, or end in a blank or a
 * line feed. Errors: those of the buffer (`full`). Owner: the caller's buffer. Thread: any. */
#pragma once
#include "base/json.h"

void json_open(struct buf *b, const char *name, char bracket);      /* '{' or '[' */
void json_close(struct buf *b, char bracket);                       /* '}' or ']' */
void json_text(struct buf *b, const char *name, struct text value); /* absent: null */
void json_word(struct buf *b, const char *name, const char *value); /* NULL: null */
void json_int(struct buf *b, const char *name, int64_t value);
void json_double(struct buf *b, const char *name, double value); /* NaN, infinities: null */
void json_flag(struct buf *b, const char *name, bool value);
/* The name of a member whose value the caller appends in another way. */
void json_name(struct buf *b, const char *name);
void json_raw(struct buf *b, const char *name, struct text json); /* JSON as it is; absent: null */
void json_tree(struct buf *b, const char *name, const cJSON *value);
void json_time(struct buf *b, const char *name, int64_t wall_ms); /* RFC 3339 in UTC; 0: null */
