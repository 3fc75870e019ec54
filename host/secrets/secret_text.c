/* SPDX-License-Identifier: MIT */
#include "secrets/secret_text.h"

#include <string.h>

static const char marker[] = "$secret";

static const cJSON *parts_of(const cJSON *text)
{
    return cJSON_IsObject(text) ? json_get(text, marker) : NULL;
}

bool secret_text_is(const cJSON *text)
{
    return parts_of(text) != NULL;
}

static bool part_ok(const cJSON *part)
{
    const char *name = json_string(part, "name");
    if (cJSON_IsString(part))
        return true;
    return name && secret_name_ok(text_of(name));
}

bool secret_text_ok(const cJSON *text, struct error *err)
{
    const cJSON *parts = parts_of(text);
    int count = 0;
    if (cJSON_IsString(text))
        return true;
    if (!cJSON_IsArray(parts))
        return error_set(err, ERROR_INVALID, "expected a string");
    for (const cJSON *part = parts->child; part; part = part->next, count++)
        if (!part_ok(part))
            return error_set(err, ERROR_INVALID, "expected strings and names of secrets");
    if (count == 0 || count > SECRET_TEXT_PARTS)
        return error_set(err, ERROR_LIMIT, "a text with secrets has 1 to %d parts",
                         SECRET_TEXT_PARTS);
    return true;
}

const char *secret_text_next(const cJSON *text, int *pos)
{
    const cJSON *parts = parts_of(text);
    if (cJSON_IsString(text))
        return (*pos)++ == 0 ? text->valuestring : NULL;
    for (const cJSON *part; (part = cJSON_GetArrayItem(parts, *pos));) {
        ++*pos;
        if (cJSON_IsString(part))
            return part->valuestring;
    }
    return NULL;
}

const char *secret_text_front(const cJSON *text)
{
    const cJSON *parts = parts_of(text);
    const cJSON *first = parts ? parts->child : text;
    return cJSON_IsString(first) ? first->valuestring : "";
}

void secret_text_show(const cJSON *text, struct buf *out)
{
    const cJSON *parts = parts_of(text);
    if (cJSON_IsString(text))
        buf_str(out, text->valuestring);
    for (const cJSON *part = parts ? parts->child : NULL; part; part = part->next) {
        if (cJSON_IsString(part))
            buf_str(out, part->valuestring);
        else
            buf_printf(out, "[secret %s]", json_string(part, "name"));
    }
}

/* ---- with values */

/* The secret of that name, if it may go where the request goes. */
static const struct secret *find_allowed(struct secret_use *use, const char *name,
                                         struct error *err)
{
    const struct secret *s = vault_find(use->vault, text_of(name));
    if (!s) {
        error_set(err, ERROR_MISSING,
                  "there is no secret %s; `moontide secret set %s --host %s` makes it", name, name,
                  use->target.host);
        use->code = "secret.missing";
        return NULL;
    }
    const char *why = secret_target_refused(&use->target, secret_hosts(s));
    if (why) {
        error_set(err, ERROR_INVALID, "secret %s is not sent to %s, which %s (hosts: %.200s)", name,
                  use->target.host, why, secret_hosts(s));
        use->code = "secret.host";
        return NULL;
    }
    return s;
}

/* Checks all secrets of a text before anything is written; *room: the bytes that it needs. */
static bool check_parts(const cJSON *parts, enum secret_form worst, struct secret_use *use,
                        size_t *room, struct error *err)
{
    for (const cJSON *part = parts->child; part; part = part->next) {
        if (cJSON_IsString(part)) {
            *room += strlen(part->valuestring);
            continue;
        }
        const struct secret *s = find_allowed(use, json_string(part, "name"), err);
        if (!s)
            return false;
        *room += secret_form_bytes(secret_bytes(s), worst);
        if (!use->sent)
            use->sent = scrub_new();
        secret_scrub(s, use->sent);
    }
    return true;
}

bool secret_text_fill(const cJSON *text, enum secret_place place, struct secret_use *use,
                      struct buf *out, struct error *err)
{
    const cJSON *parts = parts_of(text);
    enum secret_form form = place == PLACE_URL ? FORM_PATH : FORM_RAW;
    size_t room = parts ? 0 : strlen(text->valuestring);
    if (parts && !check_parts(parts, form, use, &room, err))
        return false;
    if (out->full || !buf_reserve(out, room)) { /* at once: growing would leave copies */
        use->code = "too_large";
        return error_set(err, ERROR_LIMIT, "larger than %zu bytes", out->max);
    }
    if (!parts)
        buf_str(out, text->valuestring);
    for (const cJSON *part = parts ? parts->child : NULL; part; part = part->next) {
        if (!cJSON_IsString(part)) {
            secret_write(vault_find(use->vault, text_of(json_string(part, "name"))), form, out);
            continue;
        }
        buf_str(out, part->valuestring);
        if (place == PLACE_URL && strchr(part->valuestring, '?'))
            form = FORM_QUERY;
    }
    return true;
}

void secret_text_wipe(struct buf *b)
{
    if (b->data)
        explicit_bzero(b->data, b->cap);
    buf_done(b);
}
