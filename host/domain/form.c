/* SPDX-License-Identifier: MIT */
#include "domain/form.h"

#include "base/map.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

/* out: room for t.len + 1. */
static bool decode(struct text t, char *out, size_t number, struct error *err)
{
    size_t len = 0;
    char *blanks = mem_text_n(t.data, t.len);
    for (size_t i = 0; i < t.len; i++) {
        if (blanks[i] == '+')
            blanks[i] = ' ';
    }
    bool fine = text_percent_decode((struct text){blanks, t.len}, out, &len) &&
                text_utf8_ok((struct text){out, len}) && !memchr(out, 0, len);
    free(blanks);
    if (!fine)
        return error_set(err, ERROR_INVALID, "field %zu: malformed escape, NUL or no UTF-8",
                         number);
    out[len] = '\0';
    return true;
}

static bool add_field(cJSON *object, struct map *names, struct text pair, struct error *err)
{
    size_t number = names->count + 1;
    struct text value = pair, name = text_cut(&value, '=');
    if (!value.data)
        value = TEXT("");
    char *texts = mem_alloc(name.len + value.len + 2), *second = texts + name.len + 1;
    bool fine = decode(name, texts, number, err) && decode(value, second, number, err);
    if (fine && !texts[0])
        fine = error_set(err, ERROR_INVALID, "field %zu has no name", number);
    else if (fine && map_get(names, text_of(texts)))
        fine = error_set(err, ERROR_INVALID, "field %zu: \"%.60s\" is repeated", number, texts);
    if (fine) {
        map_put(names, text_of(texts), object);
        cJSON_AddItemToObject(object, texts, cJSON_CreateString(second));
    }
    free(texts);
    return fine;
}

cJSON *form_parse(struct text body, struct error *err)
{
    cJSON *object = cJSON_CreateObject();
    struct map names;
    bool fine = true;
    map_init(&names);
    while (fine && body.data) {
        struct text pair = text_cut(&body, '&');
        if (pair.len == 0)
            continue;
        if (names.count == FORM_FIELDS)
            fine = error_set(err, ERROR_LIMIT, "more than %d fields", FORM_FIELDS);
        else
            fine = add_field(object, &names, pair, err);
    }
    map_done(&names);
    if (fine)
        return object;
    cJSON_Delete(object);
    return NULL;
}
