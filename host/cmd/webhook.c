/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "base/id.h"
#include "cmd/command.h"
#include "cmd/listing.h"
#include "cmd/local.h"
#include "cmd/options.h"
#include "domain/proof/api_key.h"
#include "store/store.h"
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int run(int argc, char **argv);

const struct command command_webhook = {
    .name = "webhook",
    .summary = "make, list and remove the secrets of webhook addresses (with serve running or not)",
    .run = run,
    .help =
        "usage: moontide webhook create PROJECT/KEY [--secret-stdin]\n"
        "       moontide webhook list [--json]\n"
        "       moontide webhook remove PROJECT/KEY|ID\n"
        "\n"
        "A secret opens the webhook address of one trigger and nothing else:\n"
        "\n"
        "  curl \"$MOONTIDE_URL/workflows/trigger?workflowId=PROJECT.KEY\" \\\n"
        "    -H \"X-Workflow-Secret: $MOONTIDE_WEBHOOK_SECRET\" --json '{}'\n"
        "\n"
        "(workflowId is the trigger's `id`; PROJECT.KEY unless it declares another.) `create` prints\n"
        "the new secret once, alone on standard output; only its hash is kept. Two may be alive, so\n"
        "that callers can change over: with a third the oldest stops working. `remove` ends all of a\n"
        "trigger, or the one with that ID (see `list`). Works directly on the data folder; a running\n"
        "host takes the change over within milliseconds and logs it.\n"
        "\n"
        "  --secret-stdin  create: take the value from standard input (16 to 200 visible\n"
        "                  ASCII characters), so that callers of another product keep theirs\n"
        "  --data DIR      the host's data folder; default: MOONTIDE_DATA, else data\n"
        "  --json          list: for programs\n"
        "\n"
        "exit status\n"
        "  0  done     1  it failed     2  the command was called wrongly\n"
        "\n"
        "examples\n"
        "  export MOONTIDE_WEBHOOK_SECRET=$(moontide webhook create support/refund)\n"
        "  moontide webhook remove support/refund\n",
};

struct options {
    bool json, secret_stdin;
    const char *data;
    const char *word; /* the one after the verb */
};

struct address {
    char project[65], key[65]; /* the key in lower case: it is the same trigger */
};

static bool read_address(const struct options *o, struct address *a, struct error *err)
{
    struct text key = text_of(o->word);
    struct text project = text_cut(&key, '/');
    if (!o->word || !api_key_name_ok(project) || !api_key_name_ok(key))
        return error_set(err, ERROR_INVALID,
                         "say which trigger, as PROJECT/KEY: both are 1 to 64 letters, digits, _ "
                         "or -");
    snprintf(a->project, sizeof a->project, "%.*s", (int)project.len, project.data);
    snprintf(a->key, sizeof a->key, "%.*s", (int)key.len, key.data);
    text_lower(a->key);
    return true;
}

/* ---- create */

/* The secret alone on standard output, so that $(…) holds it; about it, on standard error. */
static int show_new(struct store *store, const struct options *o, const struct store_webhook *w,
                    const char *secret, size_t revoked)
{
    struct error err = {0};
    if (!o->secret_stdin)
        puts(secret);
    if (out_end(command_webhook.name) != 0) { /* what could not be shown is of no use to anybody */
        size_t gone;
        if (!store_webhook_revoke_blocking(store, w, w->created_ms, &gone, &err))
            out_fail(command_webhook.name, &err);
        return 1;
    }
    fprintf(stderr, "moontide: this is secret %s of the webhook %s/%s%s%s\n", w->id, w->project,
            w->trigger, o->secret_stdin ? "" : ". It is shown this once",
            revoked ? "; two newer ones are alive, the oldest has stopped working" : "");
    return 0;
}

static int create_secret(const struct options *o)
{
    struct store_webhook w = {0};
    struct address a;
    struct error err = {0};
    char secret[LOCAL_SECRET];
    size_t revoked = 0;
    if (!read_address(o, &a, &err) || (o->secret_stdin && !local_given_secret(secret, &err)))
        return out_usage(command_webhook.name, &err);
    if (!o->secret_stdin)
        api_key_webhook(secret);
    w.created_ms = clock_wall_ms(&clock_system);
    id_make(w.id, "wh", w.created_ms);
    memcpy(w.project, a.project, sizeof w.project);
    memcpy(w.trigger, a.key, sizeof w.trigger);
    id_sha256(secret, strlen(secret), w.hash);
    struct store *store = store_open_blocking(o->data, false, &err);
    int status;
    if (store && store_webhook_create_blocking(store, &w, &revoked, &err))
        status = show_new(store, o, &w, secret, revoked);
    else
        status = out_fail(command_webhook.name, &err);
    store_close_blocking(store);
    explicit_bzero(secret, sizeof secret);
    return status;
}

/* ---- list */

static const struct listing_column columns[] = {
    {"id", "ID", LISTING_TEXT},
    {"project", NULL, LISTING_TEXT},
    {"trigger", NULL, LISTING_TEXT},
    {NULL, "TRIGGER", LISTING_TEXT},
    {"createdAt", "CREATED", LISTING_TIME},
    {"revokedAt", "REVOKED", LISTING_TIME},
    {0},
};

static void add_webhook(struct listing *l, const struct store_webhook *w)
{
    char address[sizeof(struct address) + 1];
    snprintf(address, sizeof address, "%s/%s", w->project, w->trigger);
    const struct listing_value values[] = {
        {.text = w->id},   {.text = w->project},      {.text = w->trigger},
        {.text = address}, {.number = w->created_ms}, {.number = w->revoked_ms},
    };
    static_assert(ARRAY_LEN(values) + 1 == ARRAY_LEN(columns), "a column has no value");
    listing_row(l, values);
}

static int list_secrets(const struct options *o)
{
    struct error err = {0};
    struct store_webhook *rows = NULL;
    struct listing l;
    size_t count = 0;
    if (o->word) {
        error_set(&err, ERROR_INVALID, "unexpected word \"%s\"", o->word);
        return out_usage(command_webhook.name, &err);
    }
    struct store *store = store_open_blocking(o->data, true, &err);
    bool ok = store && store_webhooks_blocking(store, &rows, &count, &err);
    store_close_blocking(store);
    if (!ok)
        return out_fail(command_webhook.name, &err);
    listing_begin(&l, columns, o->json);
    for (size_t i = 0; i < count; i++)
        add_webhook(&l, &rows[i]);
    free(rows);
    return listing_end(&l, command_webhook.name);
}

/* ---- remove */

static int remove_secrets(const struct options *o)
{
    struct error err = {0};
    struct address a = {0};
    size_t revoked = 0;
    bool by_id = o->word && strncmp(o->word, "wh_", 3) == 0 && !strchr(o->word, '/');
    if (!by_id && !read_address(o, &a, &err))
        return out_usage(command_webhook.name, &err);
    struct store_webhook which = {0};
    if (by_id) {
        snprintf(which.id, sizeof which.id, "%s", o->word);
    } else {
        memcpy(which.project, a.project, sizeof which.project);
        memcpy(which.trigger, a.key, sizeof which.trigger);
    }
    struct store *store = store_open_blocking(o->data, true, &err);
    bool ok = store && store_webhook_revoke_blocking(store, &which, clock_wall_ms(&clock_system),
                                                     &revoked, &err);
    store_close_blocking(store);
    if (!ok)
        return out_fail(command_webhook.name, &err);
    fprintf(stderr, "moontide: removed %zu secret%s\n", revoked, revoked == 1 ? "" : "s");
    return 0;
}

/* ---- the command */

static const char *const verbs[] = {"create", "list", "remove", NULL};
static int (*const actions[])(const struct options *o) = {create_secret, list_secrets,
                                                          remove_secrets};

static bool read_words(struct options *o, const struct strings *words, size_t *verb,
                       struct error *err)
{
    if (!options_verb(words, verbs, verb, err))
        return false;
    o->word = words->count > 1 ? words->at[1] : NULL;
    return words->count <= 2 ||
           error_set(err, ERROR_INVALID, "unexpected word \"%s\"", words->at[2]);
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    struct strings words = {0};
    struct error err = {0};
    size_t verb;
    const struct option_row rows[] = {
        {.name = "--secret-stdin", .flag = &o.secret_stdin},
        {.name = "--data", .value = &o.data},
        {.name = "--json", .flag = &o.json},
        {0},
    };
    if (options_read(argc, argv, rows, &words) != 0)
        return 2;
    if (!read_words(&o, &words, &verb, &err))
        return out_usage(argv[0], &err);
    if (!local_data(&o.data, &err))
        return out_fail(argv[0], &err);
    return actions[verb](&o);
}
