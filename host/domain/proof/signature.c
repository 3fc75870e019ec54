/* SPDX-License-Identifier: MIT */
#include "domain/proof/signature.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/hex.h"
#include "base/id.h"
#include "base/mem.h"
#include "domain/proof/signature_code.h"
#include "domain/proof/signature_rule.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CANDIDATES = 16, KEY_MAX = 4096, TARGETS = 4, HOST_MAX = 300, FIELDS_MAX = 1000 };

/* What the request shows. */
struct presented {
    struct text timestamp, id;
    struct text signatures[CANDIDATES]; /* encoded, without prefix */
    size_t count;
};

static void add_candidate(struct presented *p, struct text t)
{
    if (p->count < CANDIDATES)
        p->signatures[p->count++] = t;
}

static bool header_of(const struct signature_request *q, const char *name, struct text *out)
{
    *out = q->header(q->arg, name);
    return out->data != NULL;
}

/* ---- what a request shows, by scheme; false: it is missing or malformed */

static bool present_plain(const struct signature_shape *s, const struct signature_request *q,
                          struct presented *p)
{
    struct text t;
    size_t skip = s->prefix ? strlen(s->prefix) : 0;
    if (!header_of(q, s->header, &t) || (skip && !text_starts(t, s->prefix)))
        return false;
    add_candidate(p, (struct text){t.data + skip, t.len - skip});
    return !s->timestamp_header || header_of(q, s->timestamp_header, &p->timestamp);
}

static bool present_stripe(const struct signature_shape *s, const struct signature_request *q,
                           struct presented *p)
{
    struct text rest;
    if (!header_of(q, s->header, &rest))
        return false;
    while (rest.data) {
        struct text value = text_trim(text_cut(&rest, ',')), name = text_cut(&value, '=');
        bool time = text_is(name, "t");
        if (!value.data || (time && p->timestamp.data))
            return false;
        if (time)
            p->timestamp = value;
        else if (text_is(name, "v1"))
            add_candidate(p, value);
    }
    return p->timestamp.data && p->count > 0;
}

static bool present_standard(const struct signature_shape *s, const struct signature_request *q,
                             struct presented *p)
{
    struct text rest;
    if (!header_of(q, s->header, &rest) || !header_of(q, s->timestamp_header, &p->timestamp) ||
        !header_of(q, s->id_header, &p->id) || p->id.len == 0)
        return false;
    while (rest.data) {
        struct text value = text_cut(&rest, ' '), version = text_cut(&value, ',');
        if (value.data && text_is(version, "v1"))
            add_candidate(p, value);
    }
    return p->count > 0;
}

static bool (*const present[])(const struct signature_shape *s, const struct signature_request *q,
                               struct presented *p) = {
    [SCHEME_PLAIN] = present_plain,       [SCHEME_STRIPE] = present_stripe,
    [SCHEME_STANDARD] = present_standard, [SCHEME_TOKEN] = present_plain,
    [SCHEME_TWILIO] = present_plain,
};

static bool in_time(struct text timestamp, int64_t now_ms)
{
    uint64_t seconds;
    if (timestamp.len > 12 || !text_u64(timestamp, &seconds))
        return false;
    int64_t off = (int64_t)seconds * 1000 - now_ms;
    return off >= -SIGNATURE_TOLERANCE_MS && off <= SIGNATURE_TOLERANCE_MS;
}

/* ---- what is signed */

struct pieces { /* borrowed, in order */
    struct text at[8];
    size_t count;
};

static void add_piece(struct pieces *m, struct text t)
{
    if (t.len > 0)
        m->at[m->count++] = t;
}

/* A form has three places at most, with texts before, between and behind them. */
static void fill_form(struct pieces *m, const char *form, const struct presented *p,
                      struct text body)
{
    const struct {
        const char *name;
        struct text value;
    } places[] = {{"{body}", body}, {"{timestamp}", p->timestamp}, {"{id}", p->id}};
    const char *from = form;
    for (const char *at = form; *at; at++) {
        for (size_t i = 0; i < ARRAY_LEN(places); i++) {
            if (strncmp(at, places[i].name, strlen(places[i].name)) != 0)
                continue;
            add_piece(m, (struct text){from, (size_t)(at - from)});
            add_piece(m, places[i].value);
            from = at + strlen(places[i].name);
        }
    }
    add_piece(m, text_of(from));
}

/* ---- comparing */

/* True when one of the signatures shown is this MAC. */
static bool shown_among(const struct signature_shape *s, const struct presented *p,
                        const unsigned char *mac, size_t bytes)
{
    bool any = false;
    for (size_t i = 0; i < p->count; i++) {
        unsigned char given[SIGNATURE_MAC] = {0};
        size_t len = 0;
        bool read = s->base64
                        ? base64_decode(BASE64_PADDED, p->signatures[i], given, sizeof given, &len)
                        : hex_decode(p->signatures[i], given, sizeof given, &len);
        any |= (read & (len == bytes)) & id_equal_constant_time(given, mac, bytes);
    }
    return any;
}

static bool try_key(const struct signature_shape *s, const struct presented *p,
                    const struct pieces *m, struct text key, struct signature_proof *proof)
{
    unsigned char mac[SIGNATURE_MAC];
    size_t bytes = signature_mac(s->digest, key, m->at, m->count, mac);
    if (bytes == 0 || !shown_among(s, p, mac, bytes))
        return false;
    memcpy(proof->mac, mac, bytes);
    proof->mac_bytes = bytes;
    return true;
}

static bool try_standard(const struct signature_shape *s, const struct presented *p,
                         const struct pieces *m, struct text secret, struct signature_proof *proof)
{
    static const char mark[] = "whsec_";
    unsigned char key[KEY_MAX];
    size_t len, skip = text_starts(secret, mark) ? sizeof mark - 1 : 0;
    struct text coded = {secret.data + skip, secret.len - skip};
    bool holds = base64_decode(BASE64_PADDED, coded, key, sizeof key, &len) && len > 0 &&
                 try_key(s, p, m, (struct text){(const char *)key, len}, proof);
    OPENSSL_cleanse(key, sizeof key);
    return holds;
}

/* Compares hashes, as their length tells nothing of the secret's. */
static bool try_token(const struct presented *p, struct text secret, struct signature_proof *proof)
{
    unsigned char given[SHA256_BYTES], known[SHA256_BYTES];
    id_sha256(p->signatures[0].data, p->signatures[0].len, given);
    id_sha256(secret.data, secret.len, known);
    (void)proof; /* the token is the same for every request, so it cannot name one */
    return id_equal_constant_time(given, known, sizeof known);
}

/* ---- Twilio signs the URL as it knows it */

struct twilio {
    char urls[TARGETS][HOST_MAX + 16]; /* up to the path */
    struct buf fields;                 /* names and values, in order of the names */
};

/* The host with its port and without, by https and by http: a proxy in front may change these. */
static bool twilio_urls(struct twilio *w, struct text host)
{
    static const char *const schemes[] = {"https", "http"};
    size_t bare = host.len;
    if (host.len == 0 || host.len >= HOST_MAX)
        return false;
    for (size_t i = host.len; i > 0 && host.data[i - 1] != ']'; i--) {
        if (host.data[i - 1] == ':')
            bare = i - 1;
    }
    for (size_t i = 0; i < TARGETS; i++)
        snprintf(w->urls[i], sizeof w->urls[i], "%s://%.*s", schemes[i / 2],
                 (int)(i % 2 ? bare : host.len), host.data);
    return true;
}

static int by_name(const void *a, const void *b)
{
    const cJSON *const *left = a, *const *right = b;
    return strcmp((*left)->string, (*right)->string);
}

static void twilio_fields(struct twilio *w, const cJSON *form)
{
    const cJSON *sorted[FIELDS_MAX];
    size_t count = 0;
    for (const cJSON *v = form ? form->child : NULL; v && count < FIELDS_MAX; v = v->next)
        sorted[count++] = v;
    if (count > 1)
        qsort(sorted, count, sizeof *sorted, by_name);
    for (size_t i = 0; i < count; i++) {
        buf_str(&w->fields, sorted[i]->string);
        buf_str(&w->fields, sorted[i]->valuestring);
    }
}

/* A body that is no form is signed by its hash in the query. */
static bool twilio_covers(const struct signature_request *q)
{
    unsigned char hash[SHA256_BYTES];
    char shown[SHA256_HEX], given[SHA256_HEX + 1];
    struct text query = q->target;
    if (q->form || !q->body.data)
        return true;
    text_cut(&query, '?');
    if (!query.data || text_query(query, "bodySHA256", given, sizeof given) != 1)
        return false;
    id_sha256(q->body.data, q->body.len, hash);
    hex_encode(hash, sizeof hash, shown);
    return text_is_fold(text_of(given), shown);
}

static bool twilio_holds(const struct signature_shape *s, const struct signature_request *q,
                         const struct presented *p, const struct text *secrets, size_t count,
                         struct signature_proof *proof)
{
    struct twilio w;
    bool holds = false;
    if (!twilio_covers(q) || !twilio_urls(&w, q->header(q->arg, "host")))
        return false;
    buf_init(&w.fields, q->body.len + 1);
    twilio_fields(&w, q->form);
    for (size_t i = 0; i < TARGETS * count; i++) {
        struct pieces m = {0};
        add_piece(&m, text_of(w.urls[i % TARGETS]));
        add_piece(&m, q->target);
        add_piece(&m, buf_view(&w.fields));
        holds |= try_key(s, p, &m, secrets[i / TARGETS], proof);
    }
    buf_done(&w.fields);
    return holds;
}

/* ---- the check */

static bool try_all(const struct signature_shape *s, const struct signature_request *q,
                    const struct presented *p, const struct text *secrets, size_t count,
                    struct signature_proof *proof)
{
    struct pieces m = {0};
    bool holds = false;
    if (s->scheme == SCHEME_TWILIO)
        return twilio_holds(s, q, p, secrets, count, proof);
    if (s->signed_form)
        fill_form(&m, s->signed_form, p, q->body);
    for (size_t i = 0; i < count; i++) {
        if (s->scheme == SCHEME_TOKEN)
            holds |= try_token(p, secrets[i], proof);
        else if (s->scheme == SCHEME_STANDARD)
            holds |= try_standard(s, p, &m, secrets[i], proof);
        else
            holds |= try_key(s, p, &m, secrets[i], proof);
    }
    return holds;
}

enum signature signature_check(const struct signature_rule *rule, const struct signature_request *q,
                               const struct text *secrets, size_t count,
                               struct signature_proof *proof)
{
    const struct signature_shape *s = &rule->shape;
    struct presented p = {0};
    *proof = (struct signature_proof){0};
    if (!present[s->scheme](s, q, &p))
        return SIGNATURE_MISSING;
    bool holds = try_all(s, q, &p, secrets, count, proof);
    if (p.timestamp.data && !in_time(p.timestamp, q->now_ms))
        return SIGNATURE_EXPIRED;
    return holds ? SIGNATURE_HOLDS : SIGNATURE_WRONG;
}

const char *signature_word(enum signature s)
{
    static const char *const words[] = {"holds", "missing", "expired", "wrong"};
    return words[s];
}

/* ---- the delivery */

/* Writes an id of any length, a long one by its hash. */
static bool name_delivery(const char *mark, struct text id, char out[SIGNATURE_DELIVERY])
{
    unsigned char hash[SHA256_BYTES];
    char hex[SHA256_HEX];
    if (id.len == 0)
        return false;
    if (id.len <= SIGNATURE_DELIVERY - 40 && !memchr(id.data, 0, id.len)) {
        snprintf(out, SIGNATURE_DELIVERY, "%s:%.*s", mark, (int)id.len, id.data);
        return true;
    }
    id_sha256(id.data, id.len, hash);
    hex_encode(hash, sizeof hash, hex);
    snprintf(out, SIGNATURE_DELIVERY, "%s-hash:%s", mark, hex);
    return true;
}

bool signature_delivery(const struct signature_rule *rule, const struct signature_request *q,
                        const struct signature_proof *proof, const cJSON *tree,
                        char out[SIGNATURE_DELIVERY])
{
    const struct signature_shape *s = &rule->shape;
    struct text id;
    for (size_t i = 0; i < ARRAY_LEN(s->delivery) && s->delivery[i]; i++) {
        if (header_of(q, s->delivery[i], &id) && name_delivery("id", id, out))
            return true;
    }
    if (s->delivery_field && cJSON_IsObject(tree) &&
        name_delivery("id", text_of(json_string(tree, s->delivery_field)), out))
        return true;
    bool timed = s->scheme == SCHEME_STRIPE || s->timestamp_header;
    char hex[2 * SIGNATURE_MAC + 1];
    if (!timed || proof->mac_bytes == 0)
        return false;
    hex_encode(proof->mac, proof->mac_bytes, hex);
    return name_delivery("mac", text_of(hex), out);
}

const char *signature_challenge(const struct signature_rule *rule, const cJSON *tree)
{
    const char *type = json_string(tree, "type");
    bool asked = rule->shape.challenge && type && strcmp(type, "url_verification") == 0;
    return asked ? json_string(tree, "challenge") : NULL;
}
