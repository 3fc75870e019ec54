/* SPDX-License-Identifier: MIT */
#include "domain/proof/api_key.h"

#include "base/base64.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { GIVEN_MIN = 16, GIVEN_MAX = 200 };
enum { SECRET_BYTES = 32, SECRET_CHARS = 43, NAME_MAX_BYTES = 64 };
static const char prefix[] = "mt_", public_prefix[] = "mtpk_", webhook_prefix[] = "mtw_";

static const struct {
    const char *word;
    enum permission bit;
} words_table[] = {
    {"project.trigger", PERMISSION_TRIGGER}, {"run.read", PERMISSION_READ},
    {"run.control", PERMISSION_CONTROL},     {"trigger.manage", PERMISSION_MANAGE},
    {"key.manage", PERMISSION_KEYS},         {"secret.manage", PERMISSION_SECRETS},
    {"widget.trigger", PERMISSION_WIDGET},
};

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static void make_secret(char out[API_KEY_BYTES], const char *beginning)
{
    static_assert(sizeof public_prefix + SECRET_CHARS <= API_KEY_BYTES, "a secret does not fit");
    unsigned char random[SECRET_BYTES];
    size_t at = strlen(beginning);
    id_random(random, sizeof random);
    memcpy(out, beginning, at);
    base64_encode(BASE64_URL, random, sizeof random, out + at);
    explicit_bzero(random, sizeof random);
}

void api_key_secret(char out[API_KEY_BYTES])
{
    make_secret(out, prefix);
}

void api_key_publishable(char out[API_KEY_BYTES])
{
    make_secret(out, public_prefix);
}

void api_key_webhook(char out[API_KEY_BYTES])
{
    make_secret(out, webhook_prefix);
}

bool api_key_is_widget(const struct api_key *k)
{
    return (k->permissions & PERMISSION_WIDGET) != 0;
}

bool api_key_consistent(const struct api_key *k, struct error *err)
{
    if (api_key_is_widget(k) && k->permissions != PERMISSION_WIDGET)
        return error_set(err, ERROR_INVALID,
                         "widget.trigger is of keys that everybody may read: it goes with no other "
                         "permission");
    return !*k->origins || api_key_is_widget(k) ||
           error_set(err, ERROR_INVALID,
                     "origins: only a key with widget.trigger is bound to them");
}

bool api_key_form_ok(struct text secret)
{
    if (secret.len != sizeof prefix - 1 + SECRET_CHARS || !text_starts(secret, prefix))
        return false;
    for (size_t i = sizeof prefix - 1; i < secret.len; i++) {
        if (!is_name_char(secret.data[i])) /* base64url has the same alphabet */
            return false;
    }
    return true;
}

void api_key_hash(struct text secret, unsigned char out[SHA256_BYTES])
{
    id_sha256(secret.data, secret.len, out);
}

const struct api_key *api_key_find(const struct api_key *keys, size_t count,
                                   const unsigned char hash[SHA256_BYTES])
{
    const struct api_key *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (id_equal_constant_time(keys[i].hash, hash, SHA256_BYTES) && !keys[i].revoked_ms)
            found = &keys[i];
    }
    return found;
}

static bool has_project(const struct api_key *k, const char *project)
{
    struct text rest = text_of(k->projects);
    while (rest.data) {
        struct text name = text_trim(text_cut(&rest, ','));
        if (text_is(name, "*") || (name.len && text_is(name, project)))
            return true;
    }
    return false;
}

bool api_key_allows(const struct api_key *k, enum permission p, const char *project)
{
    if (k->revoked_ms || (k->permissions & (unsigned)p) != (unsigned)p)
        return false;
    return !project || has_project(k, project);
}

bool api_key_everywhere(const struct api_key *k)
{
    return has_project(k, "*");
}

bool api_key_covers(const struct api_key *k, const struct api_key *other)
{
    unsigned wanted = api_key_is_widget(other) ? PERMISSION_TRIGGER : other->permissions;
    if (wanted & ~k->permissions)
        return false;
    if (api_key_everywhere(k))
        return true;
    for (struct text rest = text_of(other->projects); rest.data;) {
        struct text name = text_trim(text_cut(&rest, ','));
        char project[API_KEY_PROJECTS];
        if (name.len >= sizeof project)
            return false;
        memcpy(project, name.data, name.len);
        project[name.len] = '\0';
        if (name.len && !has_project(k, project))
            return false;
    }
    return true;
}

unsigned api_key_permission(struct text word)
{
    for (size_t i = 0; i < ARRAY_LEN(words_table); i++) {
        if (text_is(word, words_table[i].word))
            return (unsigned)words_table[i].bit;
    }
    return 0;
}

bool api_key_permissions(struct text words, unsigned *bits, struct text *bad)
{
    unsigned all = 0;
    *bad = words;
    if (!words.data)
        return false;
    for (struct text rest = words; rest.data;) {
        struct text word = text_trim(text_cut(&rest, ','));
        unsigned bit = text_is(word, "*") ? PERMISSION_ALL : api_key_permission(word);
        if (!bit) {
            *bad = word;
            return false;
        }
        all |= bit;
    }
    *bits = all;
    *bad = TEXT_NONE;
    return true;
}

const char *api_key_permission_near(struct text bad)
{
    const char *names[ARRAY_LEN(words_table) + 1] = {NULL};
    for (size_t i = 0; i < ARRAY_LEN(words_table); i++)
        names[i] = words_table[i].word;
    return text_nearest(bad, names);
}

void api_key_permissions_text(unsigned bits, char *out, size_t cap)
{
    if (cap == 0)
        return;
    out[0] = '\0';
    if ((bits & PERMISSION_ALL) == PERMISSION_ALL) {
        snprintf(out, cap, "*");
        return;
    }
    size_t len = 0;
    for (size_t i = 0; i < ARRAY_LEN(words_table) && len < cap; i++) {
        if (bits & (unsigned)words_table[i].bit)
            len +=
                (size_t)snprintf(out + len, cap - len, "%s%s", len ? "," : "", words_table[i].word);
    }
}

bool api_key_title_ok(struct text name)
{
    if (name.len < 1 || name.len >= sizeof((struct api_key *)0)->name || !text_utf8_ok(name))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if ((unsigned char)name.data[i] < ' ' || name.data[i] == 0x7f)
            return false;
    }
    return true;
}

bool api_key_given_ok(struct text secret)
{
    if (secret.len < GIVEN_MIN || secret.len > GIVEN_MAX)
        return false;
    for (size_t i = 0; i < secret.len; i++) {
        if (secret.data[i] <= ' ' || secret.data[i] >= 0x7f)
            return false;
    }
    return true;
}

bool api_key_name_ok(struct text name)
{
    if (name.len < 1 || name.len > NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (!is_name_char(name.data[i]))
            return false;
    }
    return true;
}
