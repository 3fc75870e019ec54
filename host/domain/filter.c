/* SPDX-License-Identifier: MIT */
#include "domain/filter.h"

#include "base/mem.h"
#include "domain/glob.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONDITIONS_MAX = 100, DEPTH_MAX = 8, PATH_MAX_BYTES = 256, WHY_MAX = 4096, PLACE_MAX = 192 };

enum node_kind { NODE_CONDITION, NODE_ALL, NODE_ANY, NODE_NOT };

struct node {
    enum node_kind kind;
    struct node *next, *child; /* groups: the first child; children are chained by next */
    const struct op *op;       /* conditions only, as all below */
    char *path;
    cJSON *value;
    struct glob *glob; /* of `matches` */
};

struct filter {
    struct node *root;
};

/* ---- operators */

struct op {
    const char *name;
    const char *needs; /* the value, in words */
    bool (*value_ok)(const cJSON *value);
    bool (*holds)(const struct node *n, const cJSON *found); /* found may be NULL: no such path */
};

static bool ok_any(const cJSON *value)
{
    (void)value;
    return true;
}

static bool ok_ordered(const cJSON *value)
{
    return cJSON_IsNumber(value) || cJSON_IsString(value);
}

static bool ok_scalar(const cJSON *value)
{
    return !cJSON_IsArray(value) && !cJSON_IsObject(value);
}

static bool ok_list(const cJSON *value)
{
    return cJSON_IsArray(value) && value->child;
}

static bool ok_string(const cJSON *value)
{
    return cJSON_IsString(value);
}

static bool ok_bool(const cJSON *value)
{
    return cJSON_IsBool(value);
}

static bool holds_equal(const struct node *n, const cJSON *found)
{
    return found && json_equal(found, n->value);
}

static bool holds_unequal(const struct node *n, const cJSON *found)
{
    return !holds_equal(n, found);
}

/* False when the two cannot be ordered. *order: below, at or above zero. */
static bool compare(const cJSON *a, const cJSON *b, int *order)
{
    if (cJSON_IsNumber(a) && cJSON_IsNumber(b)) {
        *order = json_compare_numbers(a, b);
        return true;
    }
    if (!cJSON_IsString(a) || !cJSON_IsString(b))
        return false;
    *order = strcmp(a->valuestring, b->valuestring);
    return true;
}

static bool holds_less(const struct node *n, const cJSON *found)
{
    int order;
    return compare(found, n->value, &order) && order < 0;
}

static bool holds_at_most(const struct node *n, const cJSON *found)
{
    int order;
    return compare(found, n->value, &order) && order <= 0;
}

static bool holds_more(const struct node *n, const cJSON *found)
{
    int order;
    return compare(found, n->value, &order) && order > 0;
}

static bool holds_at_least(const struct node *n, const cJSON *found)
{
    int order;
    return compare(found, n->value, &order) && order >= 0;
}

static bool has_element(const cJSON *array, const cJSON *value)
{
    for (const cJSON *e = array->child; e; e = e->next) {
        if (json_equal(e, value))
            return true;
    }
    return false;
}

static bool holds_in(const struct node *n, const cJSON *found)
{
    return found && has_element(n->value, found);
}

static bool holds_contains(const struct node *n, const cJSON *found)
{
    if (cJSON_IsArray(found))
        return has_element(found, n->value);
    return cJSON_IsString(found) && cJSON_IsString(n->value) &&
           strstr(found->valuestring, n->value->valuestring);
}

static bool holds_starts(const struct node *n, const cJSON *found)
{
    return cJSON_IsString(found) && text_starts(text_of(found->valuestring), n->value->valuestring);
}

static bool holds_ends(const struct node *n, const cJSON *found)
{
    if (!cJSON_IsString(found))
        return false;
    size_t have = strlen(found->valuestring), want = strlen(n->value->valuestring);
    return have >= want &&
           memcmp(found->valuestring + have - want, n->value->valuestring, want) == 0;
}

static bool holds_matches(const struct node *n, const cJSON *found)
{
    return cJSON_IsString(found) && glob_match(n->glob, text_of(found->valuestring));
}

static bool holds_exists(const struct node *n, const cJSON *found)
{
    return (found != NULL) == (bool)cJSON_IsTrue(n->value);
}

static const struct op ops[] = {
    {"=", "a value", ok_any, holds_equal},
    {"~=", "a value", ok_any, holds_unequal},
    {"<", "a number or a string", ok_ordered, holds_less},
    {"<=", "a number or a string", ok_ordered, holds_at_most},
    {">", "a number or a string", ok_ordered, holds_more},
    {">=", "a number or a string", ok_ordered, holds_at_least},
    {"in", "a list of values", ok_list, holds_in},
    {"contains", "a string, number or boolean", ok_scalar, holds_contains},
    {"starts", "a string", ok_string, holds_starts},
    {"ends", "a string", ok_string, holds_ends},
    {"matches", "a string", ok_string, holds_matches},
    {"exists", "true or false", ok_bool, holds_exists},
};

/* ---- compiling */

struct compiler {
    struct error *err;
    int conditions, depth;
    char place[PLACE_MAX]; /* "filter[2].any[1]" */
};

static bool refuse(struct compiler *c, const char *format, ...) PRINTF_LIKE(2, 3);
static bool refuse(struct compiler *c, const char *format, ...)
{
    char text[ERROR_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_set(c->err, ERROR_INVALID, "%s: %s", c->place, text);
}

static const struct op *find_op(struct compiler *c, const cJSON *name)
{
    const char *names[ARRAY_LEN(ops) + 1] = {NULL};
    if (!cJSON_IsString(name)) {
        refuse(c, "the operator must be a string such as \"<\"");
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
        if (strcmp(ops[i].name, name->valuestring) == 0)
            return &ops[i];
        names[i] = ops[i].name;
    }
    /* What other languages write comes before what is merely similar. */
    static const char *const foreign[][2] = {{"==", "="},        {"===", "="}, {"!=", "~="},
                                             {"<>", "~="},       {"=<", "<="}, {"=>", ">="},
                                             {"like", "matches"}};
    const char *near = text_nearest(text_of(name->valuestring), names);
    for (size_t i = 0; i < ARRAY_LEN(foreign); i++) {
        if (strcmp(foreign[i][0], name->valuestring) == 0)
            near = foreign[i][1];
    }
    if (near)
        refuse(c, "unknown operator \"%.40s\", did you mean \"%s\"?", name->valuestring, near);
    else
        refuse(c, "unknown operator \"%.40s\"", name->valuestring);
    return NULL;
}

static bool path_ok(struct compiler *c, const char *path)
{
    struct text rest = text_of(path);
    if (rest.len > PATH_MAX_BYTES)
        return refuse(c, "the path is longer than %d bytes", PATH_MAX_BYTES);
    while (rest.data) {
        if (text_cut(&rest, '.').len == 0)
            return refuse(c, "the path \"%s\" has an empty part", path);
    }
    return true;
}

static void node_free(struct node *n)
{
    while (n) {
        struct node *next = n->next;
        node_free(n->child);
        cJSON_Delete(n->value);
        glob_free(n->glob);
        free(n->path);
        free(n);
        n = next;
    }
}

/* Only `exists` may leave its value out: it then means true. */
static bool take_value(struct compiler *c, struct node *n, const cJSON *value)
{
    if (!value && n->op->holds == holds_exists)
        n->value = cJSON_CreateTrue();
    else if (!value || !n->op->value_ok(value))
        return refuse(c, "\"%s\" needs %s behind it", n->op->name, n->op->needs);
    else
        n->value = cJSON_Duplicate(value, true);
    if (n->op->holds != holds_matches)
        return true;
    n->glob = glob_new(text_of(n->value->valuestring));
    return n->glob || refuse(c, "the pattern is longer than %d bytes", GLOB_BYTES);
}

static struct node *compile_condition(struct compiler *c, const cJSON *array)
{
    const cJSON *path = array->child; /* a string: see compile() */
    assert(path);
    const cJSON *name = path->next, *value = name ? name->next : NULL;
    if (++c->conditions > CONDITIONS_MAX) {
        error_set(c->err, ERROR_LIMIT, "filter: more than %d conditions", CONDITIONS_MAX);
        return NULL;
    }
    if (!name || (value && value->next)) {
        refuse(c, "a condition is {path, operator, value}");
        return NULL;
    }
    struct node *n = mem_zero(1, sizeof *n);
    n->op = path_ok(c, path->valuestring) ? find_op(c, name) : NULL;
    if (!n->op || !take_value(c, n, value)) {
        node_free(n);
        return NULL;
    }
    n->path = mem_text(path->valuestring);
    return n;
}

static struct node *compile(struct compiler *c, const cJSON *what);

static struct node *compile_list(struct compiler *c, enum node_kind kind, const cJSON *list)
{
    struct node *n = mem_zero(1, sizeof *n), **tail = &n->child;
    n->kind = kind;
    size_t place = strlen(c->place);
    int index = 1;
    for (const cJSON *item = list->child; item; item = item->next, index++) {
        snprintf(c->place + place, sizeof c->place - place, "[%d]", index);
        *tail = compile(c, item);
        if (!*tail) {
            node_free(n);
            return NULL;
        }
        tail = &(*tail)->next;
    }
    c->place[place] = '\0';
    return n;
}

/* {any = {…}} or {["not"] = …} */
static struct node *compile_group(struct compiler *c, const cJSON *object)
{
    static const char *const names[] = {"any", "not", NULL};
    const cJSON *inner = object->child;
    size_t place = strlen(c->place);
    if (inner->next) {
        refuse(c, "a group has one name, \"any\" or \"not\"");
        return NULL;
    }
    bool any = strcmp(inner->string, "any") == 0;
    if (!any && strcmp(inner->string, "not") != 0) {
        const char *near = text_nearest(text_of(inner->string), names);
        refuse(c, "unknown group \"%.40s\", did you mean \"%s\"?", inner->string,
               near ? near : "any");
        return NULL;
    }
    snprintf(c->place + place, sizeof c->place - place, ".%s", inner->string);
    struct node *n = NULL;
    if (!inner->child || (any && !cJSON_IsArray(inner))) {
        refuse(c, "a list of conditions is needed");
    } else if (any && !cJSON_IsString(inner->child)) {
        n = compile_list(c, NODE_ANY, inner);
    } else {
        struct node *child = compile(c, inner);
        if (!child)
            return NULL;
        n = mem_zero(1, sizeof *n);
        n->kind = any ? NODE_ANY : NODE_NOT;
        n->child = child;
    }
    c->place[place] = '\0';
    return n;
}

static struct node *compile(struct compiler *c, const cJSON *what)
{
    bool table = cJSON_IsArray(what) || cJSON_IsObject(what);
    if (!table || (!what->child && c->depth > 0)) {
        refuse(c, "a condition {path, operator, value} is needed");
        return NULL;
    }
    if (c->depth == DEPTH_MAX) {
        error_set(c->err, ERROR_LIMIT, "%s: nested deeper than %d", c->place, DEPTH_MAX);
        return NULL;
    }
    c->depth++;
    struct node *n;
    if (cJSON_IsObject(what) && what->child)
        n = compile_group(c, what);
    else if (cJSON_IsString(what->child))
        n = compile_condition(c, what);
    else
        n = compile_list(c, NODE_ALL, what);
    c->depth--;
    return n;
}

struct filter *filter_new(const cJSON *conditions, struct error *err)
{
    struct compiler c = {.err = err, .place = "filter"};
    struct node *root = compile(&c, conditions);
    if (!root)
        return NULL;
    struct filter *f = mem_zero(1, sizeof *f);
    f->root = root;
    return f;
}

void filter_free(struct filter *f)
{
    if (!f)
        return;
    node_free(f->root);
    free(f);
}

/* ---- judging */

/* The node that is to blame, or NULL when n holds. */
static const struct node *judge(const struct node *n, const cJSON *body)
{
    switch (n->kind) {
    case NODE_CONDITION:
        return n->op->holds(n, json_path(body, n->path)) ? NULL : n;
    case NODE_ALL:
        for (const struct node *child = n->child; child; child = child->next) {
            const struct node *blamed = judge(child, body);
            if (blamed)
                return blamed;
        }
        return NULL;
    case NODE_ANY:
        for (const struct node *child = n->child; child; child = child->next) {
            if (!judge(child, body))
                return NULL;
        }
        return n;
    default: /* NODE_NOT */
        return judge(n->child, body) ? NULL : n;
    }
}

static void describe(struct buf *b, const struct node *n)
{
    static const char *const opens[] = {"", "all of (", "any of (", "not ("};
    if (n->kind == NODE_CONDITION) {
        buf_str(b, n->path);
        buf_char(b, ' ');
        buf_str(b, n->op->name);
        buf_char(b, ' ');
        json_put_tree(b, n->value);
        return;
    }
    buf_str(b, opens[n->kind]);
    for (const struct node *child = n->child; child && !b->full; child = child->next) {
        if (child != n->child)
            buf_str(b, ", ");
        describe(b, child);
    }
    buf_char(b, ')');
}

/* As much as fits, ending with a whole character. */
static void copy_cut(char *out, size_t cap, struct text in)
{
    size_t len = in.len < cap ? in.len : cap - 1;
    while (len > 0 && len < in.len && ((unsigned char)in.data[len] & 0xc0) == 0x80)
        len--;
    memcpy(out, in.data, len);
    out[len] = '\0';
}

bool filter_pass(const struct filter *f, const cJSON *body, char *why, size_t cap)
{
    const struct node *blamed = judge(f->root, body);
    if (why && cap)
        why[0] = '\0';
    if (!blamed)
        return true;
    if (why && cap) {
        struct buf b;
        buf_init(&b, WHY_MAX);
        describe(&b, blamed);
        copy_cut(why, cap, buf_view(&b));
        buf_done(&b);
    }
    return false;
}
