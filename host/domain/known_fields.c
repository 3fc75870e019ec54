/* SPDX-License-Identifier: MIT */
#include "domain/known_fields.h"

#include "base/json_out.h"
#include "domain/timezone.h"
#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 256 };

/* ISO 639-1, three bytes a code. */
static const char languages[] =
    "aa\0ab\0ae\0af\0ak\0am\0an\0ar\0as\0av\0ay\0az\0ba\0be\0bg\0bh\0bi\0bm\0bn\0bo\0br\0bs\0ca\0"
    "ce\0ch\0co\0cr\0cs\0cu\0cv\0cy\0da\0de\0dv\0dz\0ee\0el\0en\0eo\0es\0et\0eu\0fa\0ff\0fi\0fj\0"
    "fo\0fr\0fy\0ga\0gd\0gl\0gn\0gu\0gv\0ha\0he\0hi\0ho\0hr\0ht\0hu\0hy\0hz\0ia\0id\0ie\0ig\0ii\0"
    "ik\0io\0is\0it\0iu\0ja\0jv\0ka\0kg\0ki\0kj\0kk\0kl\0km\0kn\0ko\0kr\0ks\0ku\0kv\0kw\0ky\0la\0"
    "lb\0lg\0li\0ln\0lo\0lt\0lu\0lv\0mg\0mh\0mi\0mk\0ml\0mn\0mr\0ms\0mt\0my\0na\0nb\0nd\0ne\0ng\0"
    "nl\0nn\0no\0nr\0nv\0ny\0oc\0oj\0om\0or\0os\0pa\0pi\0pl\0ps\0pt\0qu\0rm\0rn\0ro\0ru\0rw\0sa\0"
    "sc\0sd\0se\0sg\0si\0sk\0sl\0sm\0sn\0so\0sq\0sr\0ss\0st\0su\0sv\0sw\0ta\0te\0tg\0th\0ti\0tk\0"
    "tl\0tn\0to\0tr\0ts\0tt\0tw\0ty\0ug\0uk\0ur\0uz\0ve\0vi\0vo\0wa\0wo\0xh\0yi\0yo\0za\0zh\0zu";

const char *known_fields_language(const char *code)
{
    char folded[3] = "";
    for (size_t i = 0; i < 2 && code[i]; i++)
        folded[i] = (char)(code[i] >= 'A' && code[i] <= 'Z' ? code[i] + 32 : code[i]);
    if (!folded[1] || code[2])
        return NULL;
    for (size_t i = 0; i < sizeof languages; i += sizeof folded) {
        if (memcmp(languages + i, folded, sizeof folded) == 0)
            return languages + i;
    }
    return NULL;
}

struct check {
    struct known_fields *out;
    struct error *err;
    char *field;
    size_t cap;
};

/* Fills err with "/name/member must be …", and `field` with the pointer in front of it;
 * member NULL: the field itself. */
static bool refuse(struct check *c, const char *name, const char *member, const char *must)
{
    char pointer[256];
    size_t len = (size_t)snprintf(pointer, sizeof pointer, "/%s%s", name, member ? "/" : "");
    for (; member && *member && len + 3 < sizeof pointer; member++) {
        char escape = *member == '~' ? '0' : '1'; /* RFC 6901 */
        if (*member != '~' && *member != '/') {
            pointer[len++] = *member;
            continue;
        }
        pointer[len++] = '~';
        pointer[len++] = escape;
    }
    if (member && *member)
        len = text_utf8_whole((struct text){pointer, len});
    pointer[len] = '\0';
    if (c->field && c->cap) {
        snprintf(c->field, c->cap, "%s", pointer);
        c->field[text_utf8_whole(text_of(c->field))] = '\0';
    }
    return error_set(c->err, ERROR_INVALID, "%s must be %s", pointer, must);
}

static bool is_word(const cJSON *v)
{
    size_t count = cJSON_IsString(v) ? text_utf8_count(text_of(v->valuestring)) : 0;
    return count >= 1 && count <= WORD_MAX;
}

static bool read_instruction(struct check *c, const cJSON *v)
{
    if (cJSON_IsObject(v))
        c->out->instruction_object = v;
    else if (cJSON_IsString(v))
        c->out->instruction = v->valuestring;
    else
        return refuse(c, v->string, NULL, "a string or an object");
    return true;
}

static bool read_session(struct check *c, const cJSON *v)
{
    c->out->session = v->valuestring;
    return is_word(v) || refuse(c, v->string, NULL, "a string of 1 to 256 characters");
}

static bool read_environment(struct check *c, const cJSON *v)
{
    c->out->environment = v->valuestring;
    return is_word(v) || refuse(c, v->string, NULL, "a string of 1 to 256 characters");
}

static bool read_language(struct check *c, const cJSON *v)
{
    c->out->language = cJSON_IsString(v) ? known_fields_language(v->valuestring) : NULL;
    return c->out->language ||
           refuse(c, v->string, NULL, "a language code of ISO 639-1 such as \"en\"");
}

static bool read_timezone(struct check *c, const cJSON *v)
{
    c->out->timezone = cJSON_IsString(v) ? timezone_canonical(v->valuestring) : NULL;
    return c->out->timezone ||
           refuse(c, v->string, NULL, "an IANA time zone such as \"Europe/Berlin\"");
}

static bool check_flat(struct check *c, const cJSON *object)
{
    if (!cJSON_IsObject(object))
        return refuse(c, object->string, NULL, "an object");
    for (const cJSON *v = object->child; v; v = v->next) {
        if (cJSON_IsObject(v) || cJSON_IsArray(v))
            return refuse(c, object->string, v->string, "a string, a number, true or false");
    }
    return true;
}

static bool read_customer(struct check *c, const cJSON *v)
{
    c->out->customer = v;
    return check_flat(c, v);
}

static bool read_context(struct check *c, const cJSON *v)
{
    c->out->context = v;
    return check_flat(c, v);
}

static const struct {
    const char *name;
    bool (*read)(struct check *c, const cJSON *v);
} fields[] = {
    {"instruction", read_instruction}, {"sessionId", read_session},
    {"environment", read_environment}, {"language", read_language},
    {"timezone", read_timezone},       {"customer", read_customer},
    {"context", read_context},
};

bool known_fields_check(const cJSON *body, struct known_fields *out, char *field, size_t cap,
                        struct error *err)
{
    struct check c = {out, err, field, cap};
    *out = (struct known_fields){.environment = "api"};
    if (field && cap)
        field[0] = '\0';
    if (!body)
        return true;
    if (!cJSON_IsObject(body))
        return error_set(err, ERROR_INVALID, "the body must be an object");
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        const cJSON *v = json_get(body, fields[i].name);
        if (v && !cJSON_IsNull(v) && !fields[i].read(&c, v))
            return false;
    }
    return true;
}

void known_fields_put_context(struct buf *b, const cJSON *context)
{
    json_open(b, NULL, '{');
    for (const cJSON *v = context->child; v; v = v->next) {
        if (!cJSON_IsNull(v))
            json_tree(b, v->string, v);
    }
    json_close(b, '}');
}
