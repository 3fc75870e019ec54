/* SPDX-License-Identifier: MIT */
/* secrets.c - GET, POST /v1/secrets and DELETE /v1/secrets/{name}. Names, hosts and times come
 * back, values never. For keys of all projects alone, as every project's scripts may use a secret.
 * A change is answered once it is in force. */
#include "base/mem.h"
#include "domain/proof/secret.h"
#include "serve/api/api.h"
#include "serve/api/list_json.h"
#include "serve/api/pending.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool may_manage(struct request *q)
{
    if (api_key_allows(&q->key, PERMISSION_SECRETS, NULL) && api_key_everywhere(&q->key))
        return true;
    request_no(q, VERDICT_FORBIDDEN, "secrets need secret.manage in all projects");
    return false;
}

static void put_secret(struct buf *b, const char *name, const char *hosts, int64_t created_ms,
                       int64_t updated_ms)
{
    json_open(b, NULL, '{');
    json_word(b, "name", name);
    list_json_words(b, "hosts", hosts);
    json_time(b, "createdAt", created_ms);
    json_time(b, "updatedAt", updated_ms);
    json_close(b, '}');
}

/* ---- GET */

static void on_list(void *arg, const struct store_secret *rows, size_t count,
                    const struct error *err)
{
    struct request *q = pending_read(arg, err);
    struct buf b;
    if (!q)
        return;
    list_json_open(&b, 64u << 20);
    for (size_t i = 0; i < count; i++)
        put_secret(&b, rows[i].name, rows[i].hosts, rows[i].created_ms, rows[i].updated_ms);
    list_json_answer(q, &b, NULL);
}

void secrets_list_all(struct request *q)
{
    if (may_manage(q))
        store_list_secrets(q->app->engine->store, on_list, pending_new(q));
}

/* ---- POST */

struct form {
    const char *name;
    struct text value;
    struct buf hosts;
    const char *field; /* JSON pointer of what is wrong */
    struct error err;
};

static bool wrong(struct form *f, const char *field, const char *why)
{
    f->field = field;
    return error_set(&f->err, ERROR_INVALID, "%s", why);
}

static bool read_hosts(struct form *f, const cJSON *hosts)
{
    struct error err;
    if (!cJSON_IsArray(hosts) || !hosts->child)
        return wrong(f, "/hosts",
                     "hosts: expected a list such as [\"api.example.com\"]: where the value may be "
                     "sent");
    for (const cJSON *h = hosts->child; h; h = h->next) {
        if (!cJSON_IsString(h))
            return wrong(f, "/hosts", "hosts: expected a list of strings");
        if (!secret_host_add(&f->hosts, text_of(h->valuestring), &err)) {
            f->field = "/hosts";
            return error_set(&f->err, ERROR_INVALID, "hosts: %s", err.text);
        }
    }
    return true;
}

/* A field that is not known might be a limit that the caller believes in. */
static bool all_known(struct form *f, const cJSON *body)
{
    for (const cJSON *v = body ? body->child : NULL; v; v = v->next)
        if (strcmp(v->string, "name") != 0 && strcmp(v->string, "value") != 0 &&
            strcmp(v->string, "hosts") != 0)
            return wrong(f, "", "unknown field: a secret has name, value and hosts");
    return true;
}

static bool read_form(struct form *f, const cJSON *body)
{
    struct error err;
    const char *value = json_string(body, "value");
    f->name = json_string(body, "name");
    if (!all_known(f, body))
        return false;
    if (!f->name || !secret_name_ok(text_of(f->name)))
        return wrong(f, "/name",
                     "name: 1 to 64 capitals, digits and _, starting with a capital, such as "
                     "\"API_KEY\"");
    if (!value)
        return wrong(f, "/value", "value: expected a string");
    f->value = text_of(value);
    if (!secret_value_ok(f->value, &err))
        return wrong(f, "/value", err.text);
    return read_hosts(f, json_get(body, "hosts"));
}

struct change {
    struct request *q; /* NULL: the client has gone */
    struct vault *vault;
    char *name, *hosts; /* hosts NULL: a removal */
};

static void forget_client(struct request *q)
{
    ((struct change *)q->state)->q = NULL;
}

static struct change *change_new(struct request *q, const char *name, const char *hosts)
{
    struct change *c = mem_zero(1, sizeof *c);
    *c = (struct change){q, q->app->engine->vault, mem_text(name), mem_text(hosts)};
    q->state = c;
    q->drop = forget_client;
    return c;
}

static void change_free(struct change *c)
{
    if (c->q) {
        c->q->state = NULL;
        c->q->drop = NULL;
    }
    free(c->name);
    free(c->hosts);
    free(c);
}

static void answer(const struct change *c, const struct error *err)
{
    int64_t created_ms = 0, updated_ms = 0;
    struct buf b;
    if (err) {
        request_no(c->q, err->code == ERROR_MISSING ? VERDICT_NOT_FOUND : VERDICT_STORE, err->text);
        return;
    }
    if (!c->hosts) {
        exchange_answer(c->q->x, 204, NULL, TEXT_NONE);
        return;
    }
    vault_times(c->vault, c->name, &created_ms, &updated_ms);
    buf_init(&b, 64 << 10);
    put_secret(&b, c->name, c->hosts, created_ms, updated_ms);
    request_json(c->q, 201, buf_view(&b));
    buf_done(&b);
}

static void on_changed(void *arg, const struct error *err)
{
    struct change *c = arg;
    if (c->q)
        answer(c, err);
    change_free(c);
}

static void put_in_vault(struct request *q, const struct form *f)
{
    struct error err;
    struct vault_entry entry = {f->name, f->hosts.data, f->value};
    struct store_audit audit = audit_of(q, NULL, NULL);
    struct change *c = change_new(q, f->name, f->hosts.data);
    if (vault_put(q->app->engine->vault, &entry, &audit, on_changed, c, &err))
        return;
    change_free(c);
    request_no(q, VERDICT_STORE, err.text);
}

void secrets_set(struct request *q)
{
    struct form f = {0};
    cJSON *body;
    if (!may_manage(q) || !request_media_ok(q) || !request_object(q, &body))
        return;
    buf_init(&f.hosts, SECRET_HOSTS_BYTES);
    if (read_form(&f, body)) {
        put_in_vault(q, &f);
    } else {
        struct refusal r = {.verdict = VERDICT_INVALID, .detail = f.err.text, .field = f.field};
        request_refuse(q, &r);
    }
    if (f.value.data)
        explicit_bzero((char *)f.value.data, f.value.len);
    cJSON_Delete(body);
    buf_done(&f.hosts);
}

/* ---- DELETE */

void secrets_delete(struct request *q)
{
    struct store_audit audit = audit_of(q, NULL, NULL);
    if (!may_manage(q))
        return;
    if (!vault_find(q->app->engine->vault, q->params[0])) {
        request_no(q, VERDICT_NOT_FOUND, NULL);
        return;
    }
    vault_remove(q->app->engine->vault, q->params_text[0], &audit, on_changed,
                 change_new(q, q->params_text[0], NULL));
}
