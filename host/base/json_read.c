/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <string.h>

static const cJSON *member(const cJSON *object, struct text name)
{
    if (!cJSON_IsObject(object))
        return NULL;
    for (const cJSON *item = object->child; item; item = item->next) {
        if (item->string && strncmp(item->string, name.data, name.len) == 0 &&
            !item->string[name.len])
            return item;
    }
    return NULL;
}

const cJSON *json_get(const cJSON *object, const char *name)
{
    return member(object, text_of(name));
}

const char *json_string(const cJSON *object, const char *name)
{
    const cJSON *item = json_get(object, name);
    return cJSON_IsString(item) ? item->valuestring : NULL;
}

double json_number(const cJSON *object, const char *name, double fallback)
{
    const cJSON *item = json_get(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : fallback;
}

bool json_bool(const cJSON *object, const char *name, bool fallback)
{
    const cJSON *item = json_get(object, name);
    return cJSON_IsBool(item) ? cJSON_IsTrue(item) : fallback;
}

static const cJSON *element(const cJSON *array, struct text part)
{
    uint64_t index;
    bool padded = part.len > 1 && part.data[0] == '0';
    if (padded || !text_u64(part, &index))
        return NULL;
    const cJSON *item = array->child;
    while (item && index-- > 0)
        item = item->next;
    return item;
}

const cJSON *json_path(const cJSON *root, const char *path)
{
    struct text rest = text_of(path);
    while (root && rest.data) {
        struct text part = text_cut(&rest, '.');
        root = cJSON_IsArray(root) ? element(root, part) : member(root, part);
    }
    return root;
}
