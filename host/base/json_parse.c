/* SPDX-License-Identifier: MIT */
/* Strict JSON (RFC 8259) into cJSON items, in one pass. cJSON's own parser is not used: it takes
 * what RFC 8259 refuses, and two parsers over the same bytes are two opinions. */
#include "base/json.h"

#include "base/hash.h"
#include "base/json_scan.h"
#include <stdlib.h>
#include <string.h>

enum {
    PAIRWISE_NAMES = 16, /* objects with more members get a hash set of their names */
    FIRST_SET = 64,
    QUOTED_NAME = 64 /* bytes of a name shown in an error */
};

/* The names of one object; slots are items, by item->string. */
struct names {
    size_t count, cap;
    cJSON **slots;
};

static bool parse_value(struct json_scan *s, cJSON *item);

static void skip_blanks(struct json_scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
        s->at++;
}

static bool parse_word(struct json_scan *s, cJSON *item, const char *word, int type)
{
    size_t len = strlen(word);
    if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
        return json_scan_unexpected(s, "a value");
    s->at += len;
    item->type = type;
    return true;
}

/* The item is part of the tree before it is filled, so that a failure frees all from the root. */
static cJSON *add_item(cJSON *parent)
{
    cJSON *item = json_scan_memory(cJSON_CreateNull());
    cJSON_AddItemToArray(parent, item);
    return item;
}

static bool enter(struct json_scan *s)
{
    if (++s->depth > s->max_depth)
        return error_set(s->err, ERROR_LIMIT, "byte %zu: more than %d levels deep",
                         (size_t)(s->at - s->start), s->max_depth);
    s->at++;
    skip_blanks(s);
    return true;
}

/* After an element: true and *more, or true and the container is left. */
static bool next_element(struct json_scan *s, char closing, const char *wanted, bool *more)
{
    skip_blanks(s);
    if (s->at == s->end || (*s->at != ',' && *s->at != closing))
        return json_scan_unexpected(s, wanted);
    *more = *s->at++ == ',';
    if (*more)
        skip_blanks(s);
    else
        s->depth--;
    return true;
}

static bool parse_array(struct json_scan *s, cJSON *array)
{
    array->type = cJSON_Array;
    if (!enter(s))
        return false;
    if (s->at < s->end && *s->at == ']') {
        s->at++;
        s->depth--;
        return true;
    }
    for (bool more = true; more;) {
        if (!parse_value(s, add_item(array)) || !next_element(s, ']', "',' or ']'", &more))
            return false;
    }
    return true;
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
    set->slots = json_scan_memory(calloc(set->cap, sizeof *set->slots));
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

/* The raw bytes of the name are shown: they hold no control characters. */
static bool refuse_repeated(struct json_scan *s, const char *opening, const char *behind)
{
    int len = (int)(behind - opening) - 2;
    const char *cut = "";
    if (behind - opening > QUOTED_NAME) {
        cut = "...";
        for (len = QUOTED_NAME; ((unsigned char)opening[1 + len] & 0xc0) == 0x80; len--)
            continue;
    }
    return error_set(s->err, ERROR_INVALID, "byte %zu: name \"%.*s%s\" is repeated",
                     (size_t)(opening - s->start), len, opening + 1, cut);
}

static bool parse_member(struct json_scan *s, cJSON *object, struct names *names)
{
    if (s->at == s->end || *s->at != '"')
        return json_scan_unexpected(s, "a name in quotes");
    const char *opening = s->at;
    cJSON *item = add_item(object);
    if (!json_scan_string(s, &item->string))
        return false;
    if (!name_is_new(names, object, item))
        return refuse_repeated(s, opening, s->at);
    skip_blanks(s);
    if (s->at == s->end || *s->at != ':')
        return json_scan_unexpected(s, "':'");
    s->at++;
    skip_blanks(s);
    return parse_value(s, item);
}

static bool parse_object(struct json_scan *s, cJSON *object)
{
    object->type = cJSON_Object;
    if (!enter(s))
        return false;
    if (s->at < s->end && *s->at == '}') {
        s->at++;
        s->depth--;
        return true;
    }
    struct names names = {0};
    bool ok = true;
    for (bool more = true; ok && more;)
        ok = parse_member(s, object, &names) && next_element(s, '}', "',' or '}'", &more);
    free(names.slots);
    return ok;
}

static bool parse_value(struct json_scan *s, cJSON *item)
{
    if (s->at == s->end)
        return json_scan_unexpected(s, "a value");
    if (s->max_values && ++s->values > s->max_values)
        return error_set(s->err, ERROR_LIMIT, "byte %zu: more than %zu values",
                         (size_t)(s->at - s->start), s->max_values);
    switch (*s->at) {
    case '{':
        return parse_object(s, item);
    case '[':
        return parse_array(s, item);
    case '"':
        item->type = cJSON_String;
        return json_scan_string(s, &item->valuestring);
    case 't':
        return parse_word(s, item, "true", cJSON_True);
    case 'f':
        return parse_word(s, item, "false", cJSON_False);
    case 'n':
        return parse_word(s, item, "null", cJSON_NULL);
    default:
        if (*s->at == '-' || (*s->at >= '0' && *s->at <= '9'))
            return json_scan_number(s, item);
        return json_scan_unexpected(s, "a value");
    }
}

static bool parse_document(struct json_scan *s, cJSON *root)
{
    if (s->end - s->at >= 3 && memcmp(s->at, "\xef\xbb\xbf", 3) == 0)
        return json_scan_refuse(s, s->at, "a byte order mark stands in front");
    skip_blanks(s);
    if (!parse_value(s, root))
        return false;
    skip_blanks(s);
    return s->at == s->end || json_scan_unexpected(s, "the end");
}

static cJSON *parse(struct text in, int max_depth, size_t max_values, struct error *err)
{
    const char *start = in.data ? in.data : "";
    struct json_scan s = {.start = start,
                          .at = start,
                          .end = start + in.len,
                          .max_depth = max_depth,
                          .max_values = max_values,
                          .err = err};
    cJSON *root = json_scan_memory(cJSON_CreateNull());
    if (parse_document(&s, root))
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
