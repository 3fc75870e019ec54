/* SPDX-License-Identifier: MIT */
#include "cmd/listing.h"

#include "base/mem.h"
#include <stdlib.h>

static bool is_column(const struct listing_column *c)
{
    return c->json || c->title;
}

void listing_begin(struct listing *l, const struct listing_column *columns, bool json)
{
    const char *titles[TABLE_COLUMNS + 1] = {NULL};
    size_t count = 0;
    *l = (struct listing){.columns = columns};
    if (json) {
        l->answer = cJSON_CreateObject();
        l->items = cJSON_AddArrayToObject(l->answer, "items");
        return;
    }
    for (const struct listing_column *c = columns; is_column(c) && count < TABLE_COLUMNS; c++)
        if (c->title)
            titles[count++] = c->title;
    out_table_init(&l->table, titles);
}

static cJSON *words_json(const char *words)
{
    cJSON *list = cJSON_CreateArray();
    for (struct text rest = text_of(words); rest.data;) {
        struct text word = text_trim(text_cut(&rest, ','));
        char *one = mem_text_n(word.data, word.len);
        if (word.len)
            cJSON_AddItemToArray(list, cJSON_CreateString(one));
        free(one);
    }
    return list;
}

static cJSON *value_json(enum listing_kind kind, const struct listing_value *v)
{
    char at[TEXT_TIME];
    switch (kind) {
    case LISTING_WORDS:
        return words_json(v->text);
    case LISTING_TIME:
        text_time(v->number, at);
        return v->number ? cJSON_CreateString(at) : cJSON_CreateNull();
    case LISTING_NUMBER:
        return v->number ? cJSON_CreateNumber((double)v->number) : cJSON_CreateNull();
    default:
        return v->text && *v->text ? cJSON_CreateString(v->text) : cJSON_CreateNull();
    }
}

static void add_cell(struct table *t, enum listing_kind kind, const struct listing_value *v)
{
    char shown[TEXT_TIME] = "";
    if (kind == LISTING_TIME && v->number)
        text_time(v->number, shown);
    else if (kind == LISTING_NUMBER && v->number)
        snprintf(shown, sizeof shown, "%lld", (long long)v->number);
    out_table_cell(t, kind == LISTING_TIME || kind == LISTING_NUMBER ? shown : v->text);
}

void listing_row(struct listing *l, const struct listing_value *values)
{
    cJSON *item = l->items ? cJSON_CreateObject() : NULL;
    for (const struct listing_column *c = l->columns; is_column(c); c++, values++) {
        if (item && c->json)
            cJSON_AddItemToObject(item, c->json, value_json(c->kind, values));
        else if (!item && c->title)
            add_cell(&l->table, c->kind, values);
    }
    if (item)
        cJSON_AddItemToArray(l->items, item);
}

int listing_end(struct listing *l, const char *command)
{
    if (l->answer) {
        cJSON_AddNullToObject(l->answer, "next");
        out_json(l->answer, true);
        cJSON_Delete(l->answer);
    } else {
        out_table_print(&l->table);
        out_table_done(&l->table);
    }
    return out_end(command);
}
