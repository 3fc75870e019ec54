/* SPDX-License-Identifier: MIT */
#include "domain/manifest/manifest.h"

#include "base/mem.h"
#include "domain/address/origin.h"
#include "domain/filter.h"
#include "domain/manifest/lua_line.h"
#include "domain/proof/signature.h"
#include "domain/schema/schema.h"
#include "domain/value.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_CHARACTERS = 200, ID_MAX_BYTES = 128, INSTRUCTION_MAX = 64 << 10, PLACE_MAX = 256 };

struct intake {
    struct manifest *m;
    const struct manifest_ceilings *ceilings;
    struct error *err;
    char place[PLACE_MAX]; /* the field to blame, for the line: "limits.cpu" */
};

/* Takes one field's value; on false err says why, without the field's name. */
typedef bool (*take_fn)(struct intake *in, const cJSON *v);

static bool needs(struct intake *in, const char *what, const cJSON *v)
{
    return error_set(in->err, ERROR_INVALID, "%s is needed, not %s", what, value_kind(v));
}

static bool is_empty_table(const cJSON *v)
{
    return (cJSON_IsArray(v) || cJSON_IsObject(v)) && !v->child;
}

/* ---- fields */

static bool take_name(struct intake *in, const cJSON *v)
{
    if (!cJSON_IsString(v))
        return needs(in, "a string", v);
    struct text name = text_trim(text_of(v->valuestring));
    size_t count = text_utf8_count(name);
    if (count < 1 || count > NAME_CHARACTERS)
        return error_set(in->err, ERROR_LIMIT, "1 to %d characters are needed, not %zu",
                         NAME_CHARACTERS, count);
    for (size_t i = 0; i < name.len; i++) {
        if ((unsigned char)name.data[i] < ' ')
            return error_set(in->err, ERROR_INVALID,
                             "line ends and control characters are no "
                             "part of a name");
    }
    free(in->m->name);
    in->m->name = mem_text_n(name.data, name.len);
    return true;
}

static bool take_id(struct intake *in, const cJSON *v)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
    if (!cJSON_IsString(v))
        return needs(in, "a string", v);
    size_t len = strlen(v->valuestring);
    if (len < 1 || len > ID_MAX_BYTES || strspn(v->valuestring, allowed) != len)
        return error_set(in->err, ERROR_INVALID, "1 to %d letters, digits or . _ : - are needed",
                         ID_MAX_BYTES);
    free(in->m->id);
    in->m->id = mem_text(v->valuestring);
    return true;
}

/* schema_new and filter_new name the place themselves ("input.note: …"): the line can be as exact
 * and the name need not be said twice. */
static bool adopt_place(struct intake *in)
{
    const char *end = strstr(in->err->text, ": ");
    if (!end)
        return false;
    snprintf(in->place, sizeof in->place, "%.*s", (int)(end - in->err->text), in->err->text);
    return error_set(in->err, in->err->code, "%s", end + 2);
}

static bool take_input(struct intake *in, const cJSON *v)
{
    cJSON *declared = cJSON_Duplicate(v, true);
    in->m->schema = schema_new(declared, in->err);
    if (in->m->schema && !is_empty_table(v)) {
        in->m->input = declared;
        return true;
    }
    bool fine = in->m->schema != NULL;
    schema_free(in->m->schema);
    in->m->schema = NULL;
    cJSON_Delete(declared);
    return fine || adopt_place(in);
}

static bool take_defaults(struct intake *in, const cJSON *v)
{
    if (is_empty_table(v))
        return true;
    if (!cJSON_IsObject(v) || value_is_function(v))
        return needs(in, "a table of named values", v);
    in->m->defaults = cJSON_Duplicate(v, true);
    return true;
}

static bool take_filter(struct intake *in, const cJSON *v)
{
    in->m->filter_function = value_is_function(v);
    if (in->m->filter_function)
        return true;
    if (!cJSON_IsArray(v) && !cJSON_IsObject(v))
        return needs(in, "a list of conditions or a function", v);
    in->m->filter = filter_new(v, in->err);
    return in->m->filter || adopt_place(in);
}

static bool take_unique(struct intake *in, const cJSON *v)
{
    in->m->unique = !cJSON_IsFalse(v);
    if (cJSON_IsBool(v))
        return true;
    if (!cJSON_IsString(v))
        return needs(in, "true or a duration such as \"24h\"", v);
    return value_from_json(VALUE_DURATION, v, 1000, MANIFEST_UNIQUE_MAX_MS, &in->m->unique_ms,
                           in->err);
}

static bool take_wait(struct intake *in, const cJSON *v)
{
    in->m->wait_ms = 0;
    if (cJSON_IsFalse(v))
        return true;
    if (!cJSON_IsString(v))
        return needs(in, "a duration such as \"30s\" or false", v);
    return value_from_json(VALUE_DURATION, v, 1, MANIFEST_WAIT_MAX_MS, &in->m->wait_ms, in->err);
}

static bool take_instruction(struct intake *in, const cJSON *v)
{
    in->m->instruction_given = true;
    if (value_is_function(v))
        return true;
    if (!cJSON_IsString(v))
        return needs(in, "a template or a function", v);
    if (strlen(v->valuestring) > INSTRUCTION_MAX)
        return error_set(in->err, ERROR_LIMIT, "the template is longer than 64KB");
    return true;
}

static bool take_run(struct intake *in, const cJSON *v)
{
    return value_is_function(v) || needs(in, "a function", v);
}

static bool take_paused(struct intake *in, const cJSON *v)
{
    if (!cJSON_IsBool(v))
        return needs(in, "true or false", v);
    in->m->paused = cJSON_IsTrue(v);
    return true;
}

static bool take_webhook(struct intake *in, const cJSON *v)
{
    if (!cJSON_IsBool(v))
        return needs(in, "true or false", v);
    in->m->webhook_off = cJSON_IsFalse(v);
    return true;
}

static bool take_widget(struct intake *in, const cJSON *v)
{
    if (!cJSON_IsBool(v))
        return needs(in, "true or false", v);
    in->m->widget = cJSON_IsTrue(v);
    return true;
}

static bool take_origins(struct intake *in, const cJSON *v)
{
    struct buf list;
    buf_init(&list, (size_t)ORIGIN_LIST * (ORIGIN_BYTES + 1));
    bool ok = origin_list_read(v, &list, in->err);
    in->m->origins = buf_take(&list);
    buf_done(&list);
    return ok;
}

/* Two runs of one session go side by side; to line up or to be refused is a later version's. */
static bool take_session(struct intake *in, const cJSON *v)
{
    const char *word = cJSON_IsString(v) ? v->valuestring : "";
    if (strcmp(word, "parallel") == 0)
        return true;
    if (strcmp(word, "queue") == 0 || strcmp(word, "reject") == 0)
        return error_set(in->err, ERROR_INVALID,
                         "\"%s\" is not supported yet: two runs of one session are \"parallel\"",
                         word);
    return error_set(in->err, ERROR_INVALID, "\"parallel\" is needed");
}

static bool take_verify(struct intake *in, const cJSON *v)
{
    in->m->verify = signature_rule_new(v, in->err);
    return in->m->verify != NULL;
}

static bool take_allow(struct intake *in, const cJSON *v)
{
    return cidr_list_read(&in->m->allow, v, in->err);
}

static bool take_block(struct intake *in, const cJSON *v)
{
    return cidr_list_read(&in->m->block, v, in->err);
}

static bool take_body(struct intake *in, const cJSON *v)
{
    return value_from_json(VALUE_SIZE, v, 1, in->ceilings->body_bytes, &in->m->body_max, in->err);
}

/* ---- limits */

struct limit {
    const char *name;
    enum value_measure kind;
    int64_t min, max; /* max 0: the ceiling */
    size_t ceiling;   /* offset in struct manifest_ceilings */
    size_t target;    /* offset in struct manifest */
    size_t bytes;     /* of the target: 4 or 8 */
};

#define CEILING(f) 0, offsetof(struct manifest_ceilings, f)
#define FIXED(max) max, 0
#define TARGET(f)  offsetof(struct manifest, f), sizeof(((struct manifest *)0)->f)
static const struct limit limits[] = {
    {"cpu", VALUE_DURATION, 1, CEILING(cpu_ms), TARGET(cpu_ms)},
    {"memory", VALUE_SIZE, 1 << 20, CEILING(memory_bytes), TARGET(memory_bytes)},
    {"steps", VALUE_COUNT, 1, CEILING(steps), TARGET(steps)},
    {"wall", VALUE_DURATION, 1, CEILING(wall_ms), TARGET(wall_ms)},
    {"output", VALUE_SIZE, 1, FIXED(MANIFEST_OUTPUT_MAX), TARGET(output_bytes)},
    {"record", VALUE_SIZE, 1, FIXED(MANIFEST_RECORD_MAX), TARGET(record_bytes)},
};

static int64_t limit_max(const struct limit *l, const struct manifest_ceilings *ceilings)
{
    if (l->max)
        return l->max;
    int64_t max;
    memcpy(&max, (const char *)ceilings + l->ceiling, sizeof max);
    return l->bytes == sizeof(uint32_t) && max > UINT32_MAX ? UINT32_MAX : max;
}

static void limit_set(struct manifest *m, const struct limit *l, int64_t value)
{
    uint32_t narrow = (uint32_t)value;
    memcpy((char *)m + l->target, l->bytes == sizeof narrow ? (void *)&narrow : (void *)&value,
           l->bytes);
}

static bool unknown(struct intake *in, const char *name, const char *const *names)
{
    const char *near = text_nearest(text_of(name), names);
    if (near)
        return error_set(in->err, ERROR_INVALID, "unknown field \"%.60s\", did you mean \"%s\"?",
                         name, near);
    return error_set(in->err, ERROR_INVALID, "unknown field \"%.60s\"", name);
}

static bool take_limit(struct intake *in, const cJSON *v)
{
    const char *names[ARRAY_LEN(limits) + 1] = {NULL};
    snprintf(in->place, sizeof in->place, "limits.%.60s", v->string);
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        const struct limit *l = &limits[i];
        names[i] = l->name;
        if (strcmp(l->name, v->string) != 0)
            continue;
        int64_t value;
        if (!value_from_json(l->kind, v, l->min, limit_max(l, in->ceilings), &value, in->err))
            return false;
        limit_set(in->m, l, value);
        return true;
    }
    unknown(in, v->string, names);
    return false;
}

static bool take_limits(struct intake *in, const cJSON *v)
{
    if (is_empty_table(v))
        return true;
    if (!cJSON_IsObject(v) || value_is_function(v))
        return needs(in, "a table such as {cpu = \"250ms\"}", v);
    for (const cJSON *limit = v->child; limit; limit = limit->next) {
        if (!take_limit(in, limit))
            return false;
    }
    return true;
}

/* ---- the declaration */

static const struct {
    const char *name;
    take_fn take; /* NULL: part of the language, not of this version */
} fields[] = {
    {"name", take_name},
    {"id", take_id},
    {"input", take_input},
    {"defaults", take_defaults},
    {"filter", take_filter},
    {"unique", take_unique},
    {"wait", take_wait},
    {"instruction", take_instruction},
    {"run", take_run},
    {"paused", take_paused},
    {"body", take_body},
    {"limits", take_limits},
    {"webhook", take_webhook},
    {"widget", take_widget},
    {"form", NULL},
    {"mcp", NULL},
    {"verify", take_verify},
    {"allow", take_allow},
    {"block", take_block},
    {"origins", take_origins},
    {"schedule", NULL},
    {"timezone", NULL},
    {"catch_up", NULL},
    {"concurrency", NULL},
    {"rate", NULL},
    {"debounce", NULL},
    {"priority", NULL},
    {"retention", NULL},
    {"budget", NULL},
    {"session", take_session},
};

static bool take_field(struct intake *in, const cJSON *v)
{
    const char *names[ARRAY_LEN(fields) + 1] = {NULL};
    snprintf(in->place, sizeof in->place, "%.200s", v->string);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        names[i] = fields[i].name;
        if (strcmp(fields[i].name, v->string) != 0)
            continue;
        if (!fields[i].take)
            return error_set(in->err, ERROR_INVALID, "field \"%s\" is not supported yet",
                             v->string);
        return fields[i].take(in, v) || error_context(in->err, "%s", in->place);
    }
    return unknown(in, v->string, names);
}

/* What cannot hold together. */
static bool fits_together(struct intake *in)
{
    if (!in->m->widget)
        return true;
    snprintf(in->place, sizeof in->place, "widget");
    if (!in->m->origins)
        return error_set(in->err, ERROR_INVALID,
                         "widget: a widget needs origins, the pages that may start it: "
                         "origins = {\"https://shop.example\"}");
    return !in->m->verify || error_set(in->err, ERROR_INVALID,
                                       "widget: a page cannot sign, so that widget and verify "
                                       "do not go together");
}

static bool take_declaration(struct intake *in, const cJSON *declaration)
{
    if (!cJSON_IsObject(declaration) && !is_empty_table(declaration))
        return error_set(in->err, ERROR_INVALID, "trigger needs a table of named fields");
    for (const cJSON *v = declaration->child; v; v = v->next) {
        if (!take_field(in, v))
            return false;
    }
    if (!fits_together(in))
        return false;
    in->place[0] = '\0';
    return true; /* without `run` it is an agent trigger */
}

static int64_t at_most(int64_t value, int64_t ceiling)
{
    return value < ceiling ? value : ceiling;
}

static struct manifest *with_defaults(const char *project, const char *key,
                                      const struct manifest_ceilings *ceilings)
{
    static const int64_t usual[ARRAY_LEN(limits)] = {
        MANIFEST_CPU_MS, MANIFEST_MEMORY, MANIFEST_STEPS, 0, MANIFEST_OUTPUT, MANIFEST_RECORD};
    struct manifest *m = mem_zero(1, sizeof *m);
    size_t id_bytes = strlen(project) + strlen(key) + 2;
    m->name = mem_text(key);
    m->id = mem_alloc(id_bytes);
    snprintf(m->id, id_bytes, "%s.%s", project, key);
    m->wait_ms = MANIFEST_WAIT_MS;
    m->body_max = at_most(MANIFEST_BODY, ceilings->body_bytes);
    for (size_t i = 0; i < ARRAY_LEN(limits); i++)
        limit_set(m, &limits[i], at_most(usual[i], limit_max(&limits[i], ceilings)));
    return m;
}

struct manifest *manifest_new(const char *project, const char *key, struct text json,
                              struct text source, const struct manifest_ceilings *ceilings,
                              int *line, struct error *err)
{
    struct error own = {0};
    err = err ? err : &own;
    *line = 1;
    cJSON *tree = json_parse(json, err);
    if (!tree) {
        error_context(err, "the declaration");
        return NULL;
    }
    double at = json_number(tree, "line", 1);
    *line = at >= 1 && at <= INT_MAX ? (int)at : 1;
    struct intake in = {.ceilings = ceilings, .err = err};
    in.m = with_defaults(project, key, ceilings);
    if (!take_declaration(&in, json_get(tree, "declaration"))) {
        *line = lua_line_find(source, *line, in.place);
        manifest_free(in.m);
        in.m = NULL;
    }
    cJSON_Delete(tree);
    return in.m;
}

void manifest_free(struct manifest *m)
{
    if (!m)
        return;
    free(m->name);
    free(m->id);
    free(m->origins);
    schema_free(m->schema);
    cJSON_Delete(m->input);
    cJSON_Delete(m->defaults);
    filter_free(m->filter);
    signature_rule_free(m->verify);
    cidr_list_done(&m->allow);
    cidr_list_done(&m->block);
    free(m);
}
