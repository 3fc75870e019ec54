/* SPDX-License-Identifier: MIT */
/* The tokens of json_lex.h into cJSON items. cJSON's own parser is not used: it takes what RFC 8259
 * refuses, and two parsers over the same bytes are two opinions. */
#include "base/json_lex.h"

#include "base/hash.h"
#include "base/json_number.h"
#include "base/mem.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAIRWISE_NAMES = 16, /* objects with more members get a hash set of their names */
    FIRST_SET = 64
};

struct parser {
    struct json_lex lex;
    int max_depth;
    size_t values, max_values; /* max_values 0: any number */
};

/* The names of one object; slots are items, by item->string. */
struct names {
    size_t count, cap;
    cJSON **slots;
};

static bool fill_item(struct parser *p, cJSON *item, enum json_token token);

/* What cJSON_Delete frees: cJSON allocates with malloc as mem.h does. */
static cJSON *new_null(void)
{
    cJSON *item = mem_alloc(sizeof *item);
    *item = (cJSON){.type = cJSON_NULL};
    return item;
}

/* The item is part of the tree before it is filled, so that a failure frees all from the root. */
static cJSON *add_item(cJSON *parent)
{
    cJSON *item = new_null();
    cJSON_AddItemToArray(parent, item);
    return item;
}

static char *copy_string(const struct json_lex *lex)
{
    if (!lex->escaped)
        return mem_text_n(lex->text.data, lex->text.len);
    char *copy = mem_alloc(lex->text.len + 1);
    copy[json_lex_unescape(lex->text, copy)] = '\0';
    return copy;
}

static bool fill_array(struct parser *p, cJSON *array)
{
    enum json_token token;
    array->type = cJSON_Array;
    while ((token = json_lex_next(&p->lex)) >= JSON_OBJECT) {
        if (!fill_item(p, add_item(array), token))
            return false;
    }
    return token == JSON_ARRAY_END;
}

static bool set_insert(struct names *set, cJSON *item)
{
    size_t mask = set->cap - 1;
    size_t i = hash_keyed(text_of(item->string)) & mask;
    for (; set->slots[i]; i = (i + 1) & mask) {
        if (strcmp(set->slots[i]->string, item->string) == 0)
            return false;
    }
    set->slots[i] = item;
    return true;
}

static void set_rebuild(struct names *set, cJSON *object, const cJSON *last)
{
    free(set->slots);
    set->cap = set->cap ? set->cap * 2 : FIRST_SET;
    set->slots = mem_zero(set->cap, sizeof *set->slots);
    for (cJSON *item = object->child; item != last; item = item->next)
        set_insert(set, item);
}

/* Whether the last member's name is new among those of the object. */
static bool name_is_new(struct names *set, cJSON *object, cJSON *last)
{
    if (++set->count > PAIRWISE_NAMES) {
        if (set->count * 2 > set->cap)
            set_rebuild(set, object, last);
        return set_insert(set, last);
    }
    for (const cJSON *item = object->child; item != last; item = item->next) {
        if (strcmp(item->string, last->string) == 0)
            return false;
    }
    return true;
}

static bool fill_members(struct parser *p, cJSON *object, struct names *names)
{
    enum json_token token;
    while ((token = json_lex_next(&p->lex)) == JSON_NAME) {
        cJSON *item = add_item(object);
        item->string = copy_string(&p->lex);
        if (!name_is_new(names, object, item))
            return json_lex_refuse_repeated(&p->lex);
        if (!fill_item(p, item, json_lex_next(&p->lex)))
            return false;
    }
    return token == JSON_OBJECT_END;
}

static bool fill_object(struct parser *p, cJSON *object)
{
    struct names names = {0};
    object->type = cJSON_Object;
    bool ok = fill_members(p, object, &names);
    free(names.slots);
    return ok;
}

static bool fill_number(const struct json_lex *lex, cJSON *item)
{
    item->type = cJSON_Number;
    cJSON_SetNumberHelper(item, lex->number);
    if (fabs(lex->number) >= JSON_NUMBER_KEEPS_TEXT)
        item->valuestring = mem_text_n(lex->text.data, lex->text.len);
    return true;
}

static bool refuse_limit(struct parser *p, size_t limit, const char *of)
{
    return error_set(p->lex.err, ERROR_LIMIT, "byte %zu: more than %zu %s",
                     (size_t)(p->lex.token_at - p->lex.start), limit, of);
}

static bool within_limits(struct parser *p)
{
    if (p->max_values && ++p->values > p->max_values)
        return refuse_limit(p, p->max_values, "values");
    return p->lex.depth <= p->max_depth || refuse_limit(p, (size_t)p->max_depth, "levels deep");
}

/* token: the first of a value, or JSON_BAD. */
static bool fill_item(struct parser *p, cJSON *item, enum json_token token)
{
    if (token == JSON_BAD || !within_limits(p))
        return false;
    switch (token) {
    case JSON_OBJECT:
        return fill_object(p, item);
    case JSON_ARRAY:
        return fill_array(p, item);
    case JSON_STRING:
        item->type = cJSON_String;
        item->valuestring = copy_string(&p->lex);
        return true;
    case JSON_NUMBER:
        return fill_number(&p->lex, item);
    case JSON_TRUE:
        item->type = cJSON_True;
        return true;
    case JSON_FALSE:
        item->type = cJSON_False;
        return true;
    default: /* JSON_NULL, as items are made */
        return true;
    }
}

static cJSON *parse(struct text in, int max_depth, size_t max_values, struct error *err)
{
    struct parser p;
    json_lex_init(&p.lex, in, err);
    p.max_depth = max_depth;
    p.values = 0;
    p.max_values = max_values;
    cJSON *root = new_null();
    if (fill_item(&p, root, json_lex_next(&p.lex)) && json_lex_next(&p.lex) == JSON_END)
        return root;
    cJSON_Delete(root);
    return NULL;
}

cJSON *json_parse(struct text in, struct error *err)
{
    return parse(in, JSON_DEPTH, JSON_VALUES, err);
}

cJSON *json_parse_own(struct text in, struct error *err)
{
    return parse(in, JSON_DEPTH_OUT, 0, err);
}
