/* SPDX-License-Identifier: MIT */
/* snippets.c - GET /v1/triggers/{project}/{key}/snippets: code that starts a run of this trigger,
 * with a body that fits its input schema. The credential is read from the environment; with
 * literal=1 it is the asker's own, which it sent and so knows. */
#include "domain/schema/schema_export.h"
#include "serve/api/api.h"
#include "serve/api/list_json.h"
#include "serve/api/snippet_text.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { SNIPPET_MAX = 1 << 20, HOST_TEXT = 256, CREDENTIAL_TEXT = 600 };

struct blanks { /* what is put in for {{NAME}} */
    char host[HOST_TEXT], url[HOST_TEXT + 200], trigger[160];
    struct buf body;
    bool body_rounds;   /* has numbers that a double may not hold */
    const char *secret; /* NULL: from the environment */
};

/* ---- the body */

/* Every escape as \uXXXX and no quote but the double one: then it is the same text between the
 * quotes of all languages. No "<" either: "</script>" would end a page's script that holds it. */
static void put_portable(struct buf *out, struct text json)
{
    static const char short_forms[] = "\"\\/bfnrt", codes[] = "\"\\/\b\f\n\r\t";
    for (size_t i = 0; i < json.len; i++) {
        char c = json.data[i];
        if (c == '\\' && json.data[i + 1] != 'u') {
            const char *form = strchr(short_forms, json.data[++i]);
            buf_printf(out, "\\u%04x", (unsigned)codes[form - short_forms]);
        } else if (c == '\'' || c == '`' || c == '<') {
            buf_printf(out, "\\u%04x", (unsigned)c);
        } else {
            buf_char(out, c);
        }
    }
}

/* Whether a number of this text keeps its own text in a tree, as doubles may not hold it. */
static bool has_wide_number(const cJSON *value)
{
    if (cJSON_IsNumber(value))
        return value->valuestring != NULL;
    for (const cJSON *item = value->child; item; item = item->next)
        if (has_wide_number(item))
            return true;
    return false;
}

static bool text_has_wide_number(struct text json)
{
    struct error err;
    cJSON *tree = json_parse_own(json, &err);
    bool wide = tree && has_wide_number(tree);
    cJSON_Delete(tree);
    return wide;
}

static void make_body(struct blanks *b, const struct trigger *t)
{
    const struct manifest *m = t->current ? t->current->manifest : NULL;
    struct buf json;
    buf_init(&json, SNIPPET_MAX);
    if (m && !m->input && m->defaults)
        json_put_tree(&json, m->defaults);
    else
        schema_sample(m ? m->input : NULL, &json);
    struct text body = json.full ? TEXT("{}") : buf_view(&json);
    b->body_rounds = text_has_wide_number(body);
    put_portable(&b->body, body);
    buf_done(&json);
}

/* JavaScript that is the body's text. A literal of it reads well, and rounds what a double does not
 * hold; then it is a string, in which each backslash is two. */
static void put_javascript_body(struct buf *out, const struct blanks *b)
{
    struct text body = buf_view(&b->body);
    if (!b->body_rounds) {
        buf_printf(out, "JSON.stringify(%.*s)", (int)body.len, body.data);
        return;
    }
    buf_char(out, '\'');
    for (size_t i = 0; i < body.len; i++) {
        if (body.data[i] == '\\')
            buf_char(out, '\\');
        buf_char(out, body.data[i]);
    }
    buf_char(out, '\'');
}

/* ---- where */

/* As the asker reached us, if it looks like an address: it ends up in code. */
static void make_host(const struct request *q, char out[HOST_TEXT])
{
    struct text host = exchange_header(q->x, "host");
    bool fine = host.len > 0 && host.len < HOST_TEXT - 16;
    for (size_t i = 0; fine && i < host.len; i++)
        fine = isalnum((unsigned char)host.data[i]) || strchr(".:-[]", host.data[i]);
    if (!fine)
        host = text_of(q->app->config->listen);
    snprintf(out, HOST_TEXT, "%s://%.*s", address_list_https(q) ? "https" : "http", (int)host.len,
             host.data);
}

/* ---- filling in */

static void put_blank(struct buf *out, const struct snippet *s, const struct blanks *b,
                      struct text name)
{
    char key[CREDENTIAL_TEXT + 8];
    if (text_is(name, "URL")) {
        buf_str(out, b->url);
    } else if (text_is(name, "HOST")) {
        buf_str(out, b->host);
    } else if (text_is(name, "TRIGGER")) {
        buf_str(out, b->trigger);
    } else if (text_is(name, "BODY")) {
        buf_text(out, buf_view(&b->body));
    } else if (text_is(name, "JAVASCRIPT_BODY")) {
        put_javascript_body(out, b);
    } else if (text_is(name, "IMPORT")) {
        buf_str(out, b->secret ? "" : s->import);
    } else if (b->secret) {
        size_t at = strcspn(s->key_literal, "%");
        snprintf(key, sizeof key, "%.*s%s%s", (int)at, s->key_literal, b->secret,
                 s->key_literal + at + 2);
        buf_str(out, key);
    } else {
        buf_str(out, s->key);
    }
}

static void fill_in(struct buf *out, const struct snippet *s, const struct blanks *b)
{
    const char *at = s->text, *open;
    while ((open = strstr(at, "{{"))) {
        while (open[2] == '{') /* "${{{KEY}}}": the outer ones are the language's */
            open++;
        const char *end = strstr(open, "}}");
        buf_add(out, at, (size_t)(open - at));
        put_blank(out, s, b, (struct text){open + 2, (size_t)(end - open - 2)});
        at = end + 2;
    }
    buf_str(out, at);
}

/* ---- the request */

static const struct snippet *snippet_of(const char *lang)
{
    for (const struct snippet *s = snippets; s->lang; s++)
        if (strcmp(s->lang, lang) == 0)
            return s;
    return NULL;
}

static bool refuse(struct request *q, const char *field, const char *detail)
{
    struct refusal r = {.verdict = VERDICT_INVALID, .detail = detail, .field = field};
    request_refuse(q, &r);
    return false;
}

/* *one: NULL for all of them. */
static bool read_lang(struct request *q, const struct snippet **one)
{
    char lang[16];
    int times = text_query(exchange_query(q->x), "lang", lang, sizeof lang);
    *one = times == 1 ? snippet_of(lang) : NULL;
    return times == 0 || *one ||
           refuse(q, "lang", "lang: expected one of node python curl php ruby go csharp moontide");
}

static bool read_literal(struct request *q, char secret[CREDENTIAL_TEXT], struct blanks *b)
{
    char literal[4];
    int times = text_query(exchange_query(q->x), "literal", literal, sizeof literal);
    b->secret = NULL;
    if (times == 0)
        return true;
    if (times != 1 || strcmp(literal, "1") != 0)
        return refuse(q, "literal", "literal: expected 1, or leave it out");
    struct text header = exchange_header(q->x, "x-api-key");
    struct text sent = header.data ? header : request_bearer(q);
    bool plain = sent.len < CREDENTIAL_TEXT;
    for (size_t i = 0; plain && i < sent.len; i++)
        plain = isalnum((unsigned char)sent.data[i]) || strchr("_-.~+/=", sent.data[i]);
    if (!plain)
        return refuse(q, "literal", "literal: this key has characters that would need quoting");
    snprintf(secret, CREDENTIAL_TEXT, "%.*s", (int)sent.len, sent.data);
    b->secret = secret;
    return true;
}

static void answer_all(struct request *q, const struct blanks *b)
{
    struct buf out, code;
    list_json_open(&out, 16 * SNIPPET_MAX);
    for (const struct snippet *s = snippets; s->lang; s++) {
        buf_init(&code, SNIPPET_MAX);
        fill_in(&code, s, b);
        json_open(&out, NULL, '{');
        json_word(&out, "lang", s->lang);
        json_word(&out, "title", s->title);
        json_text(&out, "code", buf_view(&code));
        json_close(&out, '}');
        buf_done(&code);
    }
    list_json_answer(q, &out, NULL);
}

static void answer_one(struct request *q, const struct snippet *s, const struct blanks *b)
{
    struct buf code;
    buf_init(&code, SNIPPET_MAX);
    fill_in(&code, s, b);
    exchange_answer(q->x, 200, "text/plain; charset=utf-8", buf_view(&code));
    buf_done(&code);
}

void snippets_get(struct request *q)
{
    const struct trigger *t = triggers_named(q, PERMISSION_READ);
    const struct snippet *one;
    char secret[CREDENTIAL_TEXT];
    struct blanks b;
    if (!t || !read_lang(q, &one) || !read_literal(q, secret, &b))
        return;
    make_host(q, b.host);
    snprintf(b.trigger, sizeof b.trigger, "%s/%s", t->project, t->key);
    snprintf(b.url, sizeof b.url, "%s/v1/projects/%s/triggers/%s/runs", b.host, t->project, t->key);
    buf_init(&b.body, SNIPPET_MAX);
    make_body(&b, t);
    if (one)
        answer_one(q, one, &b);
    else
        answer_all(q, &b);
    buf_done(&b.body);
    explicit_bzero(secret, sizeof secret);
}
