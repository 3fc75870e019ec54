/* SPDX-License-Identifier: MIT */
#include "serve/api/key_form.h"
#include "domain/address/origin.h"
#include "domain/rate.h"
#include "serve/api/change.h"
#include "serve/api/list_json.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { WORDS = 256 };

struct form {
    struct api_key *k;
    int64_t now_ms;
    char *field;
    struct error *err;
    bool given;
};

static bool wrong(struct form *f, const char *name, const char *format, const char *value)
{
    snprintf(f->field, KEY_FIELD, "/%s", name);
    return error_set(f->err, ERROR_INVALID, format, value);
}

static bool read_name(struct form *f, const cJSON *v)
{
    struct text name = text_trim(text_of(cJSON_GetStringValue(v)));
    if (!name.data || !api_key_title_ok(name))
        return wrong(f, "name",
                     "name: expected text of 1 to 127 bytes without control characters%s", "");
    memcpy(f->k->name, name.data, name.len);
    return true;
}

static bool read_permissions(struct form *f, const cJSON *v)
{
    if (!cJSON_IsArray(v) || !v->child)
        return wrong(f, "permissions",
                     "permissions: expected a list such as [\"project.trigger\"]%s", "");
    for (const cJSON *word = v->child; word; word = word->next) {
        unsigned bits;
        struct text bad;
        const char *name = cJSON_GetStringValue(word);
        if (!name)
            return wrong(f, "permissions", "permissions: expected a list of strings%s", "");
        if (strchr(name, ',') || !api_key_permissions(text_of(name), &bits, &bad)) {
            const char *near = api_key_permission_near(text_of(name));
            return wrong(f, "permissions",
                         near ? "permissions: there is no such permission, did you mean %s?"
                              : "permissions: there is no such permission%s",
                         near ? near : "");
        }
        f->k->permissions |= bits;
    }
    return true;
}

static bool add_project(struct form *f, const cJSON *v)
{
    struct api_key *k = f->k;
    const char *name = cJSON_GetStringValue(v);
    size_t len = strlen(k->projects);
    if (!name || !api_key_name_ok(text_of(name)))
        return wrong(f, "projects", "projects: a project is 1 to 64 letters, digits, _ or -%s", "");
    if (len + strlen(name) + 2 > sizeof k->projects)
        return wrong(f, "projects", "projects: all names together have more than 500 bytes%s", "");
    snprintf(k->projects + len, sizeof k->projects - len, "%s%s", len ? "," : "", name);
    return true;
}

static bool read_projects(struct form *f, const cJSON *v)
{
    if (cJSON_IsString(v) && strcmp(v->valuestring, "*") == 0) {
        strcpy(f->k->projects, "*");
        return true;
    }
    if (!cJSON_IsArray(v) || !v->child)
        return wrong(f, "projects", "projects: expected a list of projects, or \"*\" for all%s",
                     "");
    for (const cJSON *name = v->child; name; name = name->next)
        if (!add_project(f, name))
            return false;
    return true;
}

static bool read_origins(struct form *f, const cJSON *v)
{
    struct buf list;
    buf_init(&list, sizeof f->k->origins - 1);
    bool ok = cJSON_IsNull(v) || origin_list_read(v, &list, f->err);
    if (ok && list.full)
        ok = error_set(f->err, ERROR_LIMIT, "all origins together have more than %d bytes",
                       API_KEY_ORIGINS - 1);
    if (ok && list.len)
        memcpy(f->k->origins, list.data, list.len + 1);
    buf_done(&list);
    if (!ok)
        snprintf(f->field, KEY_FIELD, "/origins");
    return ok || error_context(f->err, "origins");
}

static bool read_default(struct form *f, const cJSON *v)
{
    const char *name = cJSON_GetStringValue(v);
    if (cJSON_IsNull(v))
        return true;
    if (!name || !api_key_name_ok(text_of(name)))
        return wrong(f, "defaultProject",
                     "defaultProject: a project is 1 to 64 letters, digits, _ or -%s", "");
    snprintf(f->k->default_project, sizeof f->k->default_project, "%s", name);
    return true;
}

static bool read_expires_in(struct form *f, const cJSON *v)
{
    int64_t ms;
    if (cJSON_IsNull(v))
        return true;
    if (!cJSON_IsString(v) || !text_duration_ms(text_of(v->valuestring), &ms) || ms <= 0)
        return wrong(f, "expiresIn", "expiresIn: expected a duration such as \"30d\"%s", "");
    f->k->expires_ms = f->now_ms + ms;
    return true;
}

/* RFC 3339 in UTC, as this API writes it; fractions of a second are left out. */
static bool read_time(const char *text, int64_t *ms)
{
    struct tm tm = {0};
    int end = 0;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min, &tm.tm_sec, &end) != 6 ||
        end != 19)
        return false;
    const char *rest = text + end;
    if (*rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (strcmp(rest, "Z") != 0)
        return false;
    struct tm want = tm;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    time_t seconds = timegm(&tm); /* normalises: 31 February would become March */
    *ms = (int64_t)seconds * 1000;
    return tm.tm_mday == want.tm_mday && tm.tm_mon == want.tm_mon - 1 &&
           tm.tm_hour == want.tm_hour && tm.tm_min == want.tm_min && tm.tm_sec == want.tm_sec;
}

static bool read_expires_at(struct form *f, const cJSON *v)
{
    int64_t ms;
    if (cJSON_IsNull(v))
        return true;
    if (!cJSON_IsString(v) || !read_time(v->valuestring, &ms))
        return wrong(f, "expiresAt",
                     "expiresAt: expected a time such as \"2027-01-31T00:00:00Z\"%s", "");
    if (ms <= f->now_ms)
        return wrong(f, "expiresAt", "expiresAt: expected a time that is still to come%s", "");
    f->k->expires_ms = ms;
    return true;
}

static bool read_rate(struct form *f, const cJSON *v)
{
    double most = RATE_MOST, n = v->valuedouble;
    if (cJSON_IsNull(v))
        return true;
    if (!cJSON_IsNumber(v) || n < 1 || n > most || n != (double)(int64_t)n)
        return wrong(f, "callsPerMinute", "callsPerMinute: expected 1 to 1000000%s", "");
    f->k->per_minute = (int64_t)n;
    return true;
}

/* Made elsewhere, so that callers of another product keep theirs. */
static bool read_secret(struct form *f, const cJSON *v)
{
    if (cJSON_IsNull(v))
        return true;
    f->given = change_given_secret(v, f->k->hash, f->err);
    if (!f->given)
        snprintf(f->field, KEY_FIELD, "/secret");
    return f->given;
}

static const struct {
    const char *name;
    bool needed;
    bool (*read)(struct form *f, const cJSON *v);
} fields[] = {
    {"name", true, read_name},
    {"permissions", true, read_permissions},
    {"projects", true, read_projects},
    {"defaultProject", false, read_default},
    {"origins", false, read_origins},
    {"callsPerMinute", false, read_rate},
    {"expiresIn", false, read_expires_in},
    {"expiresAt", false, read_expires_at},
    {"secret", false, read_secret},
};

/* A field that is not known might be a limit that the caller believes in. */
static bool all_known(struct form *f, const cJSON *body)
{
    const char *names[ARRAY_LEN(fields) + 1] = {NULL};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        names[i] = fields[i].name;
    for (const cJSON *v = body->child; v; v = v->next) {
        size_t i = 0;
        while (names[i] && strcmp(names[i], v->string) != 0)
            i++;
        if (names[i])
            continue;
        const char *near = text_nearest(text_of(v->string), names);
        char name[KEY_FIELD - 1];
        snprintf(name, sizeof name, "%.*s", (int)sizeof name - 1, v->string);
        name[text_utf8_whole(text_of(name))] = '\0';
        return wrong(f, name, near ? "unknown field, did you mean \"%s\"?" : "unknown field%s",
                     near ? near : "");
    }
    return true;
}

static bool default_is_among(struct form *f)
{
    struct api_key *k = f->k;
    if (!*k->default_project || strcmp(k->projects, "*") == 0)
        return true;
    for (struct text rest = text_of(k->projects); rest.data;)
        if (text_is(text_cut(&rest, ','), k->default_project))
            return true;
    return wrong(f, "defaultProject", "defaultProject: \"%s\" is not among the key's projects",
                 k->default_project);
}

bool key_form_read(const cJSON *body, int64_t now_ms, struct api_key *k, bool *given,
                   char field[KEY_FIELD], struct error *err)
{
    struct form f = {.k = k, .now_ms = now_ms, .field = field, .err = err};
    field[0] = '\0';
    if (!body)
        return error_set(err, ERROR_INVALID,
                         "expected a JSON object with name, permissions and projects");
    if (!all_known(&f, body))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        const cJSON *v = json_get(body, fields[i].name);
        if (!v && fields[i].needed)
            return wrong(&f, fields[i].name, "%s is missing", fields[i].name);
        if (v && !fields[i].read(&f, v))
            return false;
    }
    if (json_get(body, "expiresIn") && json_get(body, "expiresAt"))
        return wrong(&f, "expiresAt", "expiresIn and expiresAt do not go together%s", "");
    k->created_ms = now_ms;
    *given = f.given;
    if (!default_is_among(&f))
        return false;
    snprintf(field, KEY_FIELD, *k->origins && !api_key_is_widget(k) ? "/origins" : "/permissions");
    return api_key_consistent(k, err);
}

/* ---- as JSON */

void key_form_put(struct buf *b, const struct api_key *k, const char *secret)
{
    char words[WORDS];
    api_key_permissions_text(k->permissions, words, sizeof words);
    json_open(b, NULL, '{');
    json_word(b, "id", k->id);
    json_word(b, "name", k->name);
    list_json_words(b, "permissions", words);
    if (strcmp(k->projects, "*") == 0)
        json_word(b, "projects", "*");
    else
        list_json_words(b, "projects", k->projects);
    json_word(b, "defaultProject", *k->default_project ? k->default_project : NULL);
    list_json_words(b, "origins", k->origins);
    if (k->per_minute)
        json_int(b, "callsPerMinute", k->per_minute);
    else
        json_word(b, "callsPerMinute", NULL);
    json_time(b, "createdAt", k->created_ms);
    json_time(b, "expiresAt", k->expires_ms);
    json_time(b, "lastUsedAt", k->used_ms);
    json_time(b, "revokedAt", k->revoked_ms);
    if (secret)
        json_word(b, "secret", secret);
    json_close(b, '}');
}
