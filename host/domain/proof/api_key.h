/* SPDX-License-Identifier: MIT */
/* api_key.h - API keys: 256 random bits, shown once, kept as SHA-256, compared in constant time.
 * The form is "mt_" and 43 characters of base64url; a key that was brought along from another
 * product (key create --secret-stdin) may have any form. A widget key ("mtpk_…") stands in the
 * source of web pages, where everybody can read it: it starts triggers with `widget = true` for
 * pages of their origins, and can do nothing else.
 * Pure, but for the random bits. Owner: the caller. Thread: any. */
#pragma once
#include "base/error.h"
#include "base/id.h"
#include "base/text.h"
#include <stdbool.h>
#include <stdint.h>

enum { API_KEY_BYTES = 64, API_KEY_PROJECTS = 512, API_KEY_ORIGINS = 1024 };

enum permission {
    PERMISSION_TRIGGER = 1,  /* project.trigger */
    PERMISSION_READ = 2,     /* run.read */
    PERMISSION_CONTROL = 4,  /* run.control */
    PERMISSION_MANAGE = 8,   /* trigger.manage */
    PERMISSION_KEYS = 16,    /* key.manage */
    PERMISSION_SECRETS = 32, /* secret.manage */
    PERMISSION_ALL = 63,     /* * */
    PERMISSION_WIDGET = 64,  /* widget.trigger: the only permission of a widget key */
};

struct api_key {
    char id[ID_BYTES]; /* "key_…", public */
    char name[128];
    unsigned char hash[SHA256_BYTES];
    unsigned permissions;
    char projects[API_KEY_PROJECTS]; /* comma-separated, or "*" */
    char default_project[65];        /* empty: none */
    char origins[API_KEY_ORIGINS];   /* domain/origin.h; of a widget key; empty: its trigger's */
    int64_t created_ms;
    int64_t revoked_ms; /* 0: alive */
    int64_t expires_ms; /* from then on the key counts as unknown; 0: never */
    int64_t used_ms;    /* about when it was last presented; 0: never */
    int64_t per_minute; /* calls that start runs, domain/rate.h; 0: any number */
    int64_t spent_us;   /* the state of per_minute, in the host's memory alone */
};

/* These make a new random secret: of a key "mt_…", of a widget key "mtpk_…", of a
 * webhook address "mtw_…". */
void api_key_secret(char out[API_KEY_BYTES]);
void api_key_publishable(char out[API_KEY_BYTES]);
void api_key_webhook(char out[API_KEY_BYTES]);
bool api_key_is_widget(const struct api_key *k);
/* True when the key's permissions and origins go together; err says what does not. */
bool api_key_consistent(const struct api_key *k, struct error *err) MUST_CHECK;
bool api_key_form_ok(struct text secret); /* has the form "mt_…" that we make */
void api_key_hash(struct text secret, unsigned char out[SHA256_BYTES]);
/* The key with that hash that is not revoked, or NULL. Looks at every key, so that the time it
 * takes tells nothing. */
const struct api_key *api_key_find(const struct api_key *keys, size_t count,
                                   const unsigned char hash[SHA256_BYTES]);
/* True when the key may do that in that project; project NULL: in any at all. A
 * revoked key allows nothing. */
bool api_key_allows(const struct api_key *k, enum permission p, const char *project);
bool api_key_everywhere(const struct api_key *k); /* its projects are "*" */
/* True when k may do everything that `other` may, so that it may create such a key. */
bool api_key_covers(const struct api_key *k, const struct api_key *other);
unsigned api_key_permission(struct text word); /* "run.read" to its bit; 0: unknown */
/* The permission that a mistyped word may have meant; NULL: none is near. */
const char *api_key_permission_near(struct text bad);
/* Reads "project.trigger,run.read" or "*". False: *bad, borrowed, is an unknown word. */
bool api_key_permissions(struct text words, unsigned *bits, struct text *bad) MUST_CHECK;
/* Writes bits as such a text. */
void api_key_permissions_text(unsigned bits, char *out, size_t cap);
/* True for a key's name in lists: UTF-8 without control characters, 1 to 127 bytes. */
bool api_key_title_ok(struct text name);
/* True for a secret made elsewhere that fits in a header: 16 to 200 visible ASCII characters. */
bool api_key_given_ok(struct text secret);
/* True for a project and for a trigger's key: a-z A-Z 0-9 _ -, 1 to 64 characters. */
bool api_key_name_ok(struct text name);
