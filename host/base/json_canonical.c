/* SPDX-License-Identifier: MIT */
/* RFC 8785 (JSON Canonicalization Scheme), with members sorted and every integer kept digit by
 * digit; and whether two trees are equal. */
#include "base/json.h"

#include "base/json_number.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

enum { MEMBERS_ON_STACK = 32 };

/* Members of one object in order; done with members_done. */
struct members {
    const cJSON **items, *on_stack[MEMBERS_ON_STACK];
    size_t count;
};

static const char *name_of(const cJSON *item)
{
    return item->string ? item->string : "";
}

/* By UTF-16 code units. The bytes of UTF-8 sort like code points, which differs in one place: what
 * needs surrogates (first byte F0 and up) comes before U+E000 to U+FFFF (first byte EE or EF). */
static int by_name(const void *left, const void *right)
{
    const unsigned char *a = (const unsigned char *)name_of(*(const cJSON *const *)left);
    const unsigned char *b = (const unsigned char *)name_of(*(const cJSON *const *)right);
    while (*a && *a == *b) {
        a++;
        b++;
    }
    if (*a >= 0xee && *b >= 0xee && (*a >= 0xf0) != (*b >= 0xf0))
        return *a >= 0xf0 ? -1 : 1;
    return *a - *b;
}

static void members_init(struct members *m, const cJSON *object)
{
    m->count = (size_t)cJSON_GetArraySize(object);
    m->items = m->on_stack;
    if (m->count > MEMBERS_ON_STACK)
        m->items = mem_alloc(m->count * sizeof *m->items);
    size_t i = 0;
    for (const cJSON *item = object->child; item; item = item->next)
        m->items[i++] = item;
    qsort(m->items, m->count, sizeof *m->items, by_name);
}

static void members_done(struct members *m)
{
    if (m->items != m->on_stack)
        free(m->items);
}

static void put_value(struct buf *b, const cJSON *value, int depth);

static void put_object(struct buf *b, const cJSON *object, int depth)
{
    struct members m;
    members_init(&m, object);
    buf_char(b, '{');
    for (size_t i = 0; i < m.count && !b->full; i++) {
        if (i > 0)
            buf_char(b, ',');
        json_put_cstr(b, name_of(m.items[i]));
        buf_char(b, ':');
        put_value(b, m.items[i], depth + 1);
    }
    buf_char(b, '}');
    members_done(&m);
}

static void put_array(struct buf *b, const cJSON *array, int depth)
{
    buf_char(b, '[');
    for (const cJSON *item = array->child; item && !b->full; item = item->next) {
        if (item != array->child)
            buf_char(b, ',');
        put_value(b, item, depth + 1);
    }
    buf_char(b, ']');
}

static void put_value(struct buf *b, const cJSON *value, int depth)
{
    if (cJSON_IsNumber(value))
        json_put_canonical_number(b, value);
    else if (!cJSON_IsObject(value) && !cJSON_IsArray(value))
        json_put_tree(b, value);
    else if (depth == JSON_DEPTH_OUT)
        b->full = true;
    else if (cJSON_IsObject(value))
        put_object(b, value, depth);
    else
        put_array(b, value, depth);
}

void json_put_canonical(struct buf *b, const cJSON *value)
{
    put_value(b, value, 0);
}

static bool equal(const cJSON *a, const cJSON *b, int depth);

static bool equal_objects(const cJSON *a, const cJSON *b, int depth)
{
    if (cJSON_GetArraySize(a) != cJSON_GetArraySize(b))
        return false;
    struct members left, right;
    members_init(&left, a);
    members_init(&right, b);
    bool same = true;
    for (size_t i = 0; same && i < left.count; i++)
        same = strcmp(name_of(left.items[i]), name_of(right.items[i])) == 0 &&
               equal(left.items[i], right.items[i], depth + 1);
    members_done(&left);
    members_done(&right);
    return same;
}

static bool equal_arrays(const cJSON *a, const cJSON *b, int depth)
{
    const cJSON *x = a->child, *y = b->child;
    for (; x && y; x = x->next, y = y->next) {
        if (!equal(x, y, depth + 1))
            return false;
    }
    return !x && !y;
}

static bool equal(const cJSON *a, const cJSON *b, int depth)
{
    if (!a || !b || (a->type & 0xff) != (b->type & 0xff) || depth > JSON_DEPTH_OUT)
        return false;
    switch (a->type & 0xff) {
    case cJSON_Object:
        return equal_objects(a, b, depth);
    case cJSON_Array:
        return equal_arrays(a, b, depth);
    case cJSON_Number:
        return json_compare_numbers(a, b) == 0;
    case cJSON_String:
    case cJSON_Raw:
        return strcmp(a->valuestring, b->valuestring) == 0;
    default:
        return true;
    }
}

bool json_equal(const cJSON *a, const cJSON *b)
{
    return equal(a, b, 0);
}
