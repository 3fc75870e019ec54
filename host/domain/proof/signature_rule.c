/* SPDX-License-Identifier: MIT */
/* The presets, and reading verify = … */
#include "domain/proof/signature_rule.h"

#include "base/mem.h"
#include "domain/proof/secret.h"
#include "domain/value.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 128 };

/* Sources: docs.github.com "Validating webhook deliveries", docs.stripe.com "Verify webhook
 * signatures", docs.slack.dev "Verifying requests from Slack", shopify.dev "Deliver webhooks
 * through HTTPS", docs.gitlab.com "Webhooks", twilio.com/docs/usage/security, and
 * github.com/standard-webhooks/standard-webhooks "spec". */
static const struct preset {
    const char *name, *secret;
    struct signature_shape shape;
} presets[] = {
    {"github",
     "GITHUB_WEBHOOK_SECRET",
     {.digest = DIGEST_SHA256,
      .header = "x-hub-signature-256",
      .prefix = "sha256=",
      .signed_form = "{body}",
      .delivery = {"x-github-delivery"}}},
    {"gitlab",
     "GITLAB_WEBHOOK_SECRET",
     {.scheme = SCHEME_TOKEN,
      .digest = DIGEST_SHA256,
      .header = "x-gitlab-token",
      .delivery = {"idempotency-key", "x-gitlab-event-uuid"}}},
    {"shopify",
     "SHOPIFY_WEBHOOK_SECRET",
     {.digest = DIGEST_SHA256,
      .base64 = true,
      .header = "x-shopify-hmac-sha256",
      .signed_form = "{body}",
      .delivery = {"x-shopify-webhook-id"}}},
    {"slack",
     "SLACK_WEBHOOK_SECRET",
     {.digest = DIGEST_SHA256,
      .header = "x-slack-signature",
      .prefix = "v0=",
      .timestamp_header = "x-slack-request-timestamp",
      .signed_form = "v0:{timestamp}:{body}",
      .delivery_field = "event_id",
      .challenge = true}},
    {"standard",
     "STANDARD_WEBHOOK_SECRET",
     {.scheme = SCHEME_STANDARD,
      .digest = DIGEST_SHA256,
      .base64 = true,
      .header = "webhook-signature",
      .timestamp_header = "webhook-timestamp",
      .id_header = "webhook-id",
      .signed_form = "{id}.{timestamp}.{body}",
      .delivery = {"webhook-id"}}},
    {"stripe",
     "STRIPE_WEBHOOK_SECRET",
     {.scheme = SCHEME_STRIPE,
      .digest = DIGEST_SHA256,
      .header = "stripe-signature",
      .signed_form = "{timestamp}.{body}",
      .delivery_field = "id"}},
    {"svix",
     "SVIX_WEBHOOK_SECRET",
     {.scheme = SCHEME_STANDARD,
      .digest = DIGEST_SHA256,
      .base64 = true,
      .header = "svix-signature",
      .timestamp_header = "svix-timestamp",
      .id_header = "svix-id",
      .signed_form = "{id}.{timestamp}.{body}",
      .delivery = {"svix-id"}}},
    {"twilio",
     "TWILIO_WEBHOOK_SECRET",
     {.scheme = SCHEME_TWILIO,
      .digest = DIGEST_SHA1,
      .base64 = true,
      .header = "x-twilio-signature",
      .delivery = {"i-twilio-idempotency-token"}}},
};

/* "github, gitlab and slack" */
static void list_presets(char *out, size_t cap)
{
    size_t len = 0;
    for (size_t i = 0; i < ARRAY_LEN(presets) && len < cap; i++) {
        const char *before = i == 0 ? "" : i + 1 < ARRAY_LEN(presets) ? ", " : " and ";
        len += (size_t)snprintf(out + len, cap - len, "%s%s", before, presets[i].name);
    }
}

static bool read_preset(struct signature_rule *rule, const char *name, const char **secret,
                        struct error *err)
{
    char list[ERROR_TEXT];
    const char *names[ARRAY_LEN(presets) + 1] = {NULL};
    for (size_t i = 0; i < ARRAY_LEN(presets); i++) {
        names[i] = presets[i].name;
        if (strcmp(presets[i].name, name) != 0)
            continue;
        rule->shape = presets[i].shape;
        *secret = presets[i].secret;
        return true;
    }
    const char *near = text_nearest(text_of(name), names);
    if (near)
        return error_set(err, ERROR_INVALID, "unknown preset \"%.60s\", did you mean \"%s\"?", name,
                         near);
    list_presets(list, sizeof list);
    return error_set(err, ERROR_INVALID, "unknown preset \"%.60s\": %s are known", name, list);
}

/* ---- secrets */

static bool add_secret(struct signature_rule *rule, const cJSON *v, struct error *err)
{
    if (!cJSON_IsString(v) || !secret_name_ok(text_of(v->valuestring)))
        return error_set(err, ERROR_INVALID,
                         "secret: a name such as \"GITHUB_WEBHOOK_SECRET\" is needed, or a list of "
                         "such names");
    if (rule->secret_count == SIGNATURE_SECRETS)
        return error_set(err, ERROR_LIMIT, "secret: at most %d names are taken", SIGNATURE_SECRETS);
    rule->secrets[rule->secret_count++] = mem_text(v->valuestring);
    return true;
}

static bool take_secrets(struct signature_rule *rule, const cJSON *v, struct error *err)
{
    if (!cJSON_IsArray(v) || !v->child)
        return add_secret(rule, v, err);
    for (const cJSON *e = v->child; e; e = e->next) {
        if (!add_secret(rule, e, err))
            return false;
    }
    return true;
}

/* ---- a declared scheme */

static bool is_header(const char *name)
{
    static const char token[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t len = strlen(name);
    return len >= 1 && len <= TEXT_MAX && strspn(name, token) == len;
}

static char *own_lower(struct signature_rule *rule, const char *text, bool lower)
{
    assert(rule->own_count < ARRAY_LEN(rule->own));
    char *copy = mem_text(text);
    for (char *c = copy; lower && *c; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    }
    rule->own[rule->own_count++] = copy;
    return copy;
}

static bool take_header(struct signature_rule *rule, const cJSON *v, const char **out,
                        struct error *err)
{
    *out = own_lower(rule, v->valuestring, true);
    return is_header(*out) ||
           error_set(err, ERROR_INVALID, "%s: the name of a header is needed", v->string);
}

static bool find_word(const cJSON *v, const char *const *words, size_t *index, struct error *err)
{
    for (*index = 0; words[*index]; ++*index) {
        if (strcmp(words[*index], v->valuestring) == 0)
            return true;
    }
    return error_set(err, ERROR_INVALID, "%s: \"%.40s\" is not known here", v->string,
                     v->valuestring);
}

static bool take_algorithm(struct signature_rule *rule, const cJSON *v, struct error *err)
{
    static const char *const words[] = {"sha1", "sha256", "sha512", NULL};
    size_t index;
    if (!find_word(v, words, &index, err))
        return false;
    rule->shape.digest = (enum signature_digest)index;
    return true;
}

static bool take_encoding(struct signature_rule *rule, const cJSON *v, struct error *err)
{
    static const char *const words[] = {"hex", "base64", NULL};
    size_t index;
    if (!find_word(v, words, &index, err))
        return false;
    rule->shape.base64 = index == 1;
    return true;
}

static bool take_signature_header(struct signature_rule *rule, const cJSON *v, struct error *err)
{
    return take_header(rule, v, &rule->shape.header, err);
}

static bool take_timestamp_header(struct signature_rule *rule, const cJSON *v, struct error *err)
{
    return take_header(rule, v, &rule->shape.timestamp_header, err);
}

static bool take_delivery_header(struct signature_rule *rule, const cJSON *v, struct error *err)
{
    return take_header(rule, v, &rule->shape.delivery[0], err);
}

static bool take_prefix(struct signature_rule *rule, const cJSON *v, struct error *err)
{
    rule->shape.prefix = own_lower(rule, v->valuestring, false);
    return strlen(v->valuestring) <= TEXT_MAX ||
           error_set(err, ERROR_LIMIT, "prefix: at most %d bytes", TEXT_MAX);
}

/* A form has {body} once, {timestamp} once at most, and no other braces. */
static bool take_signed(struct signature_rule *rule, const cJSON *v, struct error *err)
{
    const char *form = v->valuestring, *at = form;
    size_t bodies = 0, times = 0, braces = 0;
    rule->shape.signed_form = own_lower(rule, form, false);
    for (; *at; at++) {
        bodies += strncmp(at, "{body}", 6) == 0;
        times += strncmp(at, "{timestamp}", 11) == 0;
        braces += *at == '{' || *at == '}';
    }
    return (bodies == 1 && times <= 1 && braces == 2 * (bodies + times) &&
            strlen(form) <= TEXT_MAX) ||
           error_set(err, ERROR_INVALID,
                     "signed: a form such as \"{body}\" or \"{timestamp}.{body}\" is needed");
}

static const struct {
    const char *name;
    bool (*take)(struct signature_rule *rule, const cJSON *v, struct error *err);
} fields[] = {
    {"header", take_signature_header},
    {"algorithm", take_algorithm},
    {"encoding", take_encoding},
    {"prefix", take_prefix},
    {"timestamp_header", take_timestamp_header},
    {"signed", take_signed},
    {"delivery_header", take_delivery_header},
};

static bool take_field(struct signature_rule *rule, const cJSON *v, bool preset, struct error *err)
{
    const char *names[ARRAY_LEN(fields) + 3] = {"preset", "secret"};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        names[i + 2] = fields[i].name;
        if (strcmp(v->string, fields[i].name) != 0)
            continue;
        if (preset)
            return error_set(err, ERROR_INVALID, "%s: the preset says that already", v->string);
        if (!cJSON_IsString(v))
            return error_set(err, ERROR_INVALID, "%s: a string is needed, not %s", v->string,
                             value_kind(v));
        return fields[i].take(rule, v, err);
    }
    const char *near = text_nearest(text_of(v->string), names);
    return error_set(err, ERROR_INVALID,
                     near ? "unknown field \"%.60s\", did you mean \"%s\"?"
                          : "unknown field \"%.60s\"%s",
                     v->string, near ? near : "");
}

static bool is_whole(const struct signature_rule *rule, struct error *err)
{
    const struct signature_shape *s = &rule->shape;
    bool times = s->signed_form && strstr(s->signed_form, "{timestamp}");
    if (!s->header)
        return error_set(err, ERROR_INVALID, "a preset or a header is needed");
    if (rule->secret_count == 0)
        return error_set(err, ERROR_INVALID, "secret: the name of a secret is needed");
    /* A time that is not signed protects nothing. */
    if (s->scheme == SCHEME_PLAIN && times != (s->timestamp_header != NULL))
        return error_set(err, ERROR_INVALID,
                         "timestamp_header and \"{timestamp}\" in signed go together");
    return true;
}

static bool take_table(struct signature_rule *rule, const cJSON *table, struct error *err)
{
    const cJSON *preset = json_get(table, "preset"), *secret = json_get(table, "secret");
    const char *usual = NULL;
    rule->shape.digest = DIGEST_SHA256;
    rule->shape.signed_form = "{body}";
    if (preset && !cJSON_IsString(preset))
        return error_set(err, ERROR_INVALID, "preset: a string is needed, not %s",
                         value_kind(preset));
    if (preset && !read_preset(rule, preset->valuestring, &usual, err))
        return false;
    for (const cJSON *v = table->child; v; v = v->next) {
        if (v != preset && v != secret && !take_field(rule, v, preset != NULL, err))
            return false;
    }
    if (secret && !take_secrets(rule, secret, err))
        return false;
    if (!secret && usual)
        rule->secrets[rule->secret_count++] = mem_text(usual);
    return is_whole(rule, err);
}

struct signature_rule *signature_rule_new(const cJSON *declared, struct error *err)
{
    struct signature_rule *rule = mem_zero(1, sizeof *rule);
    const char *usual;
    bool fine = false;
    if (cJSON_IsString(declared)) {
        fine = read_preset(rule, declared->valuestring, &usual, err);
        if (fine)
            rule->secrets[rule->secret_count++] = mem_text(usual);
    } else if (cJSON_IsObject(declared) && !value_is_function(declared)) {
        fine = take_table(rule, declared, err);
    } else {
        error_set(err, ERROR_INVALID, "a preset such as \"github\" or a table is needed, not %s",
                  value_kind(declared));
    }
    if (fine)
        return rule;
    signature_rule_free(rule);
    return NULL;
}

void signature_rule_free(struct signature_rule *rule)
{
    if (!rule)
        return;
    for (size_t i = 0; i < rule->own_count; i++)
        free(rule->own[i]);
    for (size_t i = 0; i < rule->secret_count; i++)
        free(rule->secrets[i]);
    free(rule);
}

const char *signature_secret(const struct signature_rule *rule, size_t i)
{
    return i < rule->secret_count ? rule->secrets[i] : NULL;
}
