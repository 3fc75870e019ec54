/* SPDX-License-Identifier: MIT */
/* api_key.h - API keys: 256 random bits, shown once, kept as SHA-256, compared in constant time.
 * Pure. Thread: any. Form: "mt_" + 43 characters base64url; a key that was brought along from
 * another product (key create --secret-stdin) may have any. A widget key ("mtpk_…") stands in the
 * source of web pages, for everybody to read: it starts triggers with `widget = true`, for pages of
 * their origins, and can do nothing else. */
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
    PERMISSION_WIDGET = 64,  /* widget.trigger: of publishable keys, which have no other */
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
    int64_t expires_ms; /* 0: never; from then on it is as unknown */
    int64_t used_ms;    /* about when it was last presented; 0: never */
    int64_t per_minute; /* calls that start runs, domain/rate.h; 0: any number */
    int64_t spent_us;   /* the state of that, in the host's memory only */
};

void api_key_secret(char out[API_KEY_BYTES]); /* a new secret */
void api_key_publishable(char out[API_KEY_BYTES]);
void api_key_webhook(char out[API_KEY_BYTES]); /* of a webhook address: "mtw_" and the same */
bool api_key_is_widget(const struct api_key *k);
/* Whether permissions and origins go together; err says what does not. */
bool api_key_consistent(const struct api_key *k, struct error *err) MUST_CHECK;
bool api_key_form_ok(struct text secret); /* could be one of ours */
void api_key_hash(struct text secret, unsigned char out[SHA256_BYTES]);
/* The living key with that hash or NULL; looks at every key whatever it finds. */
const struct api_key *api_key_find(const struct api_key *keys, size_t count,
                                   const unsigned char hash[SHA256_BYTES]);
/* project NULL: any. A revoked key allows nothing. */
bool api_key_allows(const struct api_key *k, enum permission p, const char *project);
bool api_key_everywhere(const struct api_key *k); /* its projects are "*" */
/* Whether everything that `other` may do, `k` may as well: what a key may hand on. */
bool api_key_covers(const struct api_key *k, const struct api_key *other);
unsigned api_key_permission(struct text word); /* its bit; 0: there is none of that name */
/* The permission's word nearest to a wrong one; NULL: none is near. */
const char *api_key_permission_near(struct text bad);
/* "project.trigger,run.read" or "*" to bits; false on an unknown word (*bad, borrowed, is it). */
bool api_key_permissions(struct text words, unsigned *bits, struct text *bad) MUST_CHECK;
void api_key_permissions_text(unsigned bits, char *out, size_t cap);
/* What a key is for, shown in lists: UTF-8 without control characters, 1 to 127 bytes. */
bool api_key_title_ok(struct text name);
/* A secret made elsewhere: 16 to 200 visible ASCII characters, so that it fits in a header. */
bool api_key_given_ok(struct text secret);
/* Project and trigger keys: a-z A-Z 0-9 _ -, 1 to 64 characters. */
bool api_key_name_ok(struct text name);
