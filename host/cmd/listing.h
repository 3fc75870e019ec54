/* SPDX-License-Identifier: MIT */
/* listing.h - the things of a data folder in one list: {"items":[…],"next":null} for programs, a
 * table for people. Thread: main. */
#pragma once
#include "cmd/out.h"

enum listing_kind {
    LISTING_TEXT,  /* empty: null */
    LISTING_WORDS, /* comma-separated: an array */
    LISTING_TIME,  /* Unix milliseconds; 0: null */
    LISTING_NUMBER /* 0: null */
};

/* A column without `json` is the table's alone, one without `title` the JSON's. Neither ends the
 * columns. */
struct listing_column {
    const char *json, *title;
    enum listing_kind kind;
};

struct listing_value {
    const char *text;
    int64_t number; /* of a time or a number */
};

struct listing {
    const struct listing_column *columns;
    cJSON *answer, *items; /* NULL: a table is made */
    struct table table;
};

void listing_begin(struct listing *l, const struct listing_column *columns, bool json);
void listing_row(struct listing *l, const struct listing_value *values); /* one a column */
/* Prints it; returns the command's exit status. */
int listing_end(struct listing *l, const char *command);
