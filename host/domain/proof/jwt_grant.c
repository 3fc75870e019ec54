/* SPDX-License-Identifier: MIT */
/* The claims of a token whose signature holds. */
#include "domain/proof/jwt.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double time_max_s = 253402300799.0; /* the end of the year 9999 */

/* NumericDate: seconds, perhaps with a fraction. */
static bool read_time(const cJSON *claims, const char *name, int64_t *ms, struct error *err)
{
    const cJSON *v = json_get(claims, name);
    *ms = 0;
    if (!v)
        return true;
    if (!cJSON_IsNumber(v) || !(v->valuedouble >= 0 && v->valuedouble <= time_max_s))
        return error_set(err, ERROR_INVALID, "%s must be a time in seconds since 1970", name);
    *ms = (int64_t)floor(v->valuedouble * 1000);
    return true;
}

static bool read_times(const cJSON *claims, struct jwt_grant *g, struct error *err)
{
    int64_t not_before_ms, issued_ms;
    if (!json_get(claims, "exp"))
        return error_set(err, ERROR_INVALID, "exp is missing");
    if (!read_time(claims, "exp", &g->until_ms, err) ||
        !read_time(claims, "nbf", &not_before_ms, err) ||
        !read_time(claims, "iat", &issued_ms, err))
        return false;
    g->from_ms = not_before_ms > issued_ms ? not_before_ms : issued_ms;
    return true;
}

/* ---- issuer, audience, subject */

static bool is_text(const cJSON *v, const char *wanted)
{
    return cJSON_IsString(v) && strcmp(v->valuestring, wanted) == 0;
}

static bool check_issuer(const cJSON *claims, const char *wanted, struct error *err)
{
    return !wanted || is_text(json_get(claims, "iss"), wanted) ||
           error_set(err, ERROR_INVALID, "iss is not jwt.issuer");
}

/* RFC 7519, section 4.1.3: a token whose `aud` does not name us must be refused. */
static bool check_audience(const cJSON *claims, const char *wanted, struct error *err)
{
    const cJSON *aud = json_get(claims, "aud");
    bool named = false, sound = cJSON_IsString(aud) || cJSON_IsArray(aud);
    if (!wanted)
        return !aud || error_set(err, ERROR_INVALID, "aud names an audience: set jwt.audience");
    if (cJSON_IsString(aud))
        named = is_text(aud, wanted);
    for (const cJSON *e = cJSON_IsArray(aud) ? aud->child : NULL; e; e = e->next) {
        sound = sound && cJSON_IsString(e);
        named = named || is_text(e, wanted);
    }
    return (sound && named) || error_set(err, ERROR_INVALID, "aud does not name jwt.audience");
}

static bool read_subject(const cJSON *claims, struct jwt_grant *g, struct error *err)
{
    const char *subject = json_string(claims, "sub");
    struct text t = text_of(subject);
    bool fine = subject && t.len >= 1 && t.len < sizeof g->subject;
    for (size_t i = 0; fine && i < t.len; i++)
        fine = (unsigned char)t.data[i] >= ' ' && !strchr("\"\\\x7f", t.data[i]);
    if (!fine)
        return error_set(err, ERROR_INVALID,
                         "sub must be a text of 1 to %d bytes without quotes, backslashes and "
                         "control characters",
                         JWT_SUBJECT - 1);
    memcpy(g->subject, subject, t.len + 1);
    return true;
}

/* ---- what it grants */

/* Reads a list of texts, which may be absent, and calls `each` for its entries. */
static bool read_list(const cJSON *claims, const char *name,
                      bool (*each)(struct jwt_grant *g, const char *entry), struct jwt_grant *g,
                      struct error *err)
{
    const cJSON *list = json_get(claims, name);
    bool fine = !list || cJSON_IsArray(list);
    for (const cJSON *e = fine && list ? list->child : NULL; fine && e; e = e->next)
        fine = cJSON_IsString(e) && each(g, e->valuestring);
    return fine || error_set(err, ERROR_INVALID, "%s is no list of names, or too long", name);
}

static bool add_permission(struct jwt_grant *g, const char *entry)
{
    g->permissions |= api_key_permission(text_of(entry)) & JWT_GRANTABLE;
    return true;
}

/* An entry that is no name could be several once it stands in our list. "*" stands alone. */
static bool add_project(struct jwt_grant *g, const char *entry)
{
    size_t used = strlen(g->projects), room = sizeof g->projects - used;
    bool all = strcmp(entry, "*") == 0 || strcmp(g->projects, "*") == 0;
    if (strcmp(entry, "*") != 0 && !api_key_name_ok(text_of(entry)))
        return false;
    if (all) {
        strcpy(g->projects, "*");
        return true;
    }
    return (size_t)snprintf(g->projects + used, room, "%s%s", used ? "," : "", entry) < room;
}

static bool read_projects(const cJSON *claims, struct jwt_grant *g, struct error *err)
{
    if (is_text(json_get(claims, "projects"), "*"))
        return add_project(g, "*");
    return read_list(claims, "projects", add_project, g, err);
}

bool jwt_grant_read(struct text payload, const struct jwt_policy *policy, struct jwt_grant *out,
                    struct error *err)
{
    *out = (struct jwt_grant){0};
    cJSON *claims = json_parse(payload, err);
    if (!claims)
        return error_context(err, "payload");
    bool fine = cJSON_IsObject(claims) ||
                error_set(err, ERROR_INVALID, "the payload is no object of claims");
    fine = fine && read_times(claims, out, err) && check_issuer(claims, policy->issuer, err) &&
           check_audience(claims, policy->audience, err) && read_subject(claims, out, err) &&
           read_list(claims, "permissions", add_permission, out, err) &&
           read_projects(claims, out, err);
    cJSON_Delete(claims);
    return fine;
}

bool jwt_grant_lives(const struct jwt_grant *g, int64_t now_ms, struct error *err)
{
    if (now_ms >= g->until_ms)
        return error_set(err, ERROR_INVALID, "exp is over");
    if (g->from_ms > now_ms + JWT_LEEWAY_MS)
        return error_set(err, ERROR_INVALID, "nbf or iat is more than 60 s ahead of this clock");
    return true;
}
