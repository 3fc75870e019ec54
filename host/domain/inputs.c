/* SPDX-License-Identifier: MIT */
#include "domain/inputs.h"

cJSON *inputs_merge(const cJSON *defaults, const cJSON *given)
{
    cJSON *inputs = cJSON_CreateObject();
    for (const cJSON *v = defaults ? defaults->child : NULL; v; v = v->next) {
        if (!given || !json_get(given, v->string))
            cJSON_AddItemToObject(inputs, v->string, cJSON_Duplicate(v, true));
    }
    for (const cJSON *v = given ? given->child : NULL; v; v = v->next)
        cJSON_AddItemToObject(inputs, v->string, cJSON_Duplicate(v, true));
    return inputs;
}
