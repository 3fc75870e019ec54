/* SPDX-License-Identifier: MIT */
#include "base/clock.h"
#include "cmd/command.h"
#include "cmd/listing.h"
#include "cmd/local.h"
#include "cmd/options.h"
#include "domain/address/origin.h"
#include "domain/proof/api_key.h"
#include "domain/rate.h"
#include "store/store.h"
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PERMISSION_WORDS = 128 };

static int run(int argc, char **argv);

const struct command command_key = {
    .name = "key",
    .summary =
        "make, list and revoke API keys (works on the data folder, with serve running or not)",
    .run = run,
    .help =
        "usage: moontide key create --name N --allow PERM,… [--project P]… [--default-project P]\n"
        "                           [--expires DURATION] [--rate N] [--secret-stdin]\n"
        "       moontide key create --name N --widget [--project P]… [--origin O]…\n"
        "                           [--expires DURATION] [--rate N] [--secret-stdin]\n"
        "       moontide key list [--json]\n"
        "       moontide key revoke ID | --name N\n"
        "\n"
        "Works directly on the data folder: no host need run, and one that runs takes the change\n"
        "over within milliseconds and logs it. `create` prints the new key once, alone on standard\n"
        "output; only its hash is kept.\n"
        "\n"
        "  --name N             what it is for; shown in lists. revoke: all living keys of that name\n"
        "  --allow PERM,…       what it may do, see below; or * for all\n"
        "  --project P          only in this project; may be repeated. Without it: in ALL projects\n"
        "  --default-project P  the project it means where a request names none\n"
        "  --widget             a publishable key (mtpk_…) for the source of web pages: it starts triggers\n"
        "                       that have widget = true, from the origins that they list, and follows\n"
        "                       the runs that it started; nothing else. The same as --allow widget.trigger\n"
        "  --origin O           with --widget: only pages of this origin (https://shop.example), of those\n"
        "                       that the trigger lists; may be repeated\n"
        "  --expires DURATION   it ends by itself then: 12h, 30d; without it: never\n"
        "  --rate N             so many runs may it start a minute, at once or spread: 1 to 1000000; what is\n"
        "                       more is answered with 429; without it: any number\n"
        "  --secret-stdin       take the key from standard input instead of making one, so that\n"
        "                       callers of another product keep theirs: 16 to 200 characters\n"
        "  --data DIR           the host's data folder; default: MOONTIDE_DATA, else data\n"
        "  --json               list: for programs\n"
        "\n"
        "permissions\n"
        "  project.trigger  fire triggers        run.control     cancel runs\n"
        "  run.read         see runs             trigger.manage  pause and resume triggers\n"
        "  key.manage       keys over HTTP       secret.manage   secrets over HTTP\n"
        "  widget.trigger   see --widget; goes with no other\n"
        "\n"
        "environment\n"
        "  MOONTIDE_DATA        the data folder, when --data is not given\n"
        "\n"
        "exit status\n"
        "  0  done     1  it failed     2  the command was called wrongly\n"
        "\n"
        "examples\n"
        "  export MOONTIDE_KEY=$(moontide key create --name me --allow project.trigger,run.read)\n"
        "  moontide key create --name ci --project github --allow project.trigger\n"
        "  moontide key create --name shop-page --widget --project shop --origin https://shop.example\n"
        "  moontide key revoke --name ci\n",
};

struct options {
    bool json;
    bool secret_stdin, widget;
    const char *name, *allow, *default_project, *expires, *rate, *data;
    struct strings projects, origins;
    const char *id; /* the word after the verb */
};

/* ---- create */

static bool read_name(struct api_key *k, const struct options *o, struct error *err)
{
    struct text name = text_trim(text_of(o->name));
    if (!name.len)
        return error_set(err, ERROR_INVALID, "say what the key is for: --name NAME");
    if (name.len >= sizeof k->name)
        return error_set(err, ERROR_INVALID, "--name has more than %zu bytes", sizeof k->name - 1);
    if (!api_key_title_ok(name))
        return error_set(err, ERROR_INVALID, "--name is UTF-8 text without control characters");
    memcpy(k->name, name.data, name.len);
    return true;
}

static bool read_permissions(struct api_key *k, const struct options *o, struct error *err)
{
    struct text bad;
    if (o->widget && o->allow)
        return error_set(err, ERROR_INVALID,
                         "--widget and --allow do not go together: a widget "
                         "key may do one thing only");
    if (o->widget) {
        k->permissions = PERMISSION_WIDGET;
        return true;
    }
    if (!o->allow)
        return error_set(err, ERROR_INVALID,
                         "say what the key may do: --allow project.trigger,run.read (or *)");
    if (api_key_permissions(text_of(o->allow), &k->permissions, &bad))
        return true;
    const char *meant = api_key_permission_near(bad);
    return error_set(err, ERROR_INVALID, "--allow: \"%.*s\" is no permission%s%s%s", (int)bad.len,
                     bad.data, meant ? ", did you mean " : "", meant ? meant : "",
                     meant ? "?" : "");
}

static bool check_project(const char *option, const char *project, struct error *err)
{
    if (api_key_name_ok(text_of(project)))
        return true;
    return error_set(err, ERROR_INVALID,
                     "%s \"%s\": a project is 1 to 64 letters, digits, _ or -%s", option, project,
                     strcmp(project, "*") == 0 ? " (for all projects leave --project out)" : "");
}

static bool read_projects(struct api_key *k, const struct options *o, struct error *err)
{
    size_t at = 0;
    if (o->projects.count == 0)
        strcpy(k->projects, "*");
    for (size_t i = 0; i < o->projects.count; i++) {
        const char *project = o->projects.at[i];
        if (!check_project("--project", project, err))
            return false;
        if (at + strlen(project) + 2 > sizeof k->projects)
            return error_set(err, ERROR_LIMIT, "the names of the projects have more than %zu bytes",
                             sizeof k->projects - 1);
        at += (size_t)sprintf(k->projects + at, "%s%s", i ? "," : "", project);
    }
    return true;
}

static bool read_default(struct api_key *k, const struct options *o, struct error *err)
{
    if (!o->default_project)
        return true;
    if (!check_project("--default-project", o->default_project, err))
        return false;
    bool among = o->projects.count == 0;
    for (size_t i = 0; i < o->projects.count; i++)
        among = among || strcmp(o->projects.at[i], o->default_project) == 0;
    if (!among)
        return error_set(
            err, ERROR_INVALID,
            "--default-project \"%s\" is not among the key's projects: add --project %s",
            o->default_project, o->default_project);
    snprintf(k->default_project, sizeof k->default_project, "%s", o->default_project);
    return true;
}

static bool read_origins(struct api_key *k, const struct options *o, struct error *err)
{
    size_t at = 0;
    for (size_t i = 0; i < o->origins.count; i++) {
        char origin[ORIGIN_BYTES];
        if (!origin_read(text_of(o->origins.at[i]), origin, err))
            return error_context(err, "--origin");
        if (at + strlen(origin) + 2 > sizeof k->origins)
            return error_set(err, ERROR_LIMIT, "all origins together have more than %zu bytes",
                             sizeof k->origins - 1);
        at += (size_t)sprintf(k->origins + at, "%s%s", i ? "," : "", origin);
    }
    return api_key_consistent(k, err);
}

static bool read_expiry(struct api_key *k, const struct options *o, struct error *err)
{
    int64_t ms;
    if (!o->expires)
        return true;
    if (!text_duration_ms(text_of(o->expires), &ms) || ms <= 0)
        return error_set(err, ERROR_INVALID,
                         "--expires \"%s\": expected a duration such as 12h or 30d", o->expires);
    k->expires_ms = k->created_ms + ms;
    return true;
}

static bool read_rate(struct api_key *k, const struct options *o, struct error *err)
{
    uint64_t n;
    if (!o->rate)
        return true;
    if (text_u64(text_of(o->rate), &n) && n >= 1 && n <= RATE_MOST) {
        k->per_minute = (int64_t)n;
        return true;
    }
    return error_set(err, ERROR_INVALID, "--rate \"%s\": expected 1 to %d calls a minute", o->rate,
                     RATE_MOST);
}

static bool read_secret(const struct api_key *k, char out[LOCAL_SECRET], const struct options *o,
                        struct error *err)
{
    if (o->secret_stdin)
        return local_given_secret(out, err);
    (api_key_is_widget(k) ? api_key_publishable : api_key_secret)(out);
    return true;
}

/* The key alone on standard output, so that $(…) holds it; about it, on standard error. A key that
 * could not be shown is of no use to anybody. */
static int show_new(struct store *store, const struct api_key *k, const char *secret)
{
    char allowed[PERMISSION_WORDS];
    struct error err = {0};
    if (secret)
        puts(secret);
    if (secret && out_end(command_key.name) != 0) {
        if (!store_key_revoke_blocking(store, k->id, k->created_ms, "cli", &err))
            out_fail(command_key.name, &err);
        return 1;
    }
    api_key_permissions_text(k->permissions, allowed, sizeof allowed);
    fprintf(stderr, "moontide: this is key %s \"%s\": %s, projects %s. %s\n", k->id, k->name,
            allowed, k->projects,
            !secret                ? "It is the one you gave"
            : api_key_is_widget(k) ? "It is for pages; everybody may read it there"
                                   : "It is shown this once; keep it as MOONTIDE_KEY");
    return 0;
}

static int create_key(const struct options *o)
{
    struct api_key k = {0};
    struct error err = {0};
    char secret[LOCAL_SECRET];
    k.created_ms = clock_wall_ms(&clock_system);
    if (!read_name(&k, o, &err) || !read_permissions(&k, o, &err) || !read_projects(&k, o, &err) ||
        !read_default(&k, o, &err) || !read_origins(&k, o, &err) || !read_expiry(&k, o, &err) ||
        !read_rate(&k, o, &err) || !read_secret(&k, secret, o, &err))
        return out_usage(command_key.name, &err);
    id_make(k.id, "key", k.created_ms);
    api_key_hash(text_of(secret), k.hash);
    struct store *store = store_open_blocking(o->data, false, &err);
    int status;
    if (store && store_key_create_blocking(store, &k, "cli", &err))
        status = show_new(store, &k, o->secret_stdin ? NULL : secret);
    else
        status = out_fail(command_key.name, &err);
    store_close_blocking(store);
    explicit_bzero(secret, sizeof secret);
    return status;
}

/* ---- list */

static const struct listing_column columns[] = {
    {"id", "ID", LISTING_TEXT},
    {"name", "NAME", LISTING_TEXT},
    {"permissions", "ALLOW", LISTING_WORDS},
    {"projects", "PROJECTS", LISTING_WORDS},
    {"defaultProject", NULL, LISTING_TEXT},
    {"origins", NULL, LISTING_WORDS},
    {"callsPerMinute", "RATE", LISTING_NUMBER},
    {"createdAt", "CREATED", LISTING_TIME},
    {"expiresAt", "EXPIRES", LISTING_TIME},
    {"lastUsedAt", "LAST USED", LISTING_TIME},
    {"revokedAt", "REVOKED", LISTING_TIME},
    {0},
};

static void add_key(struct listing *l, const struct api_key *k)
{
    char allowed[PERMISSION_WORDS];
    api_key_permissions_text(k->permissions, allowed, sizeof allowed);
    const struct listing_value values[] = {
        {.text = k->id},
        {.text = k->name},
        {.text = allowed},
        {.text = k->projects},
        {.text = k->default_project},
        {.text = k->origins},
        {.number = k->per_minute},
        {.number = k->created_ms},
        {.number = k->expires_ms},
        {.number = k->used_ms},
        {.number = k->revoked_ms},
    };
    static_assert(ARRAY_LEN(values) + 1 == ARRAY_LEN(columns), "a column has no value");
    listing_row(l, values);
}

static int list_keys(const struct options *o)
{
    struct error err = {0};
    struct api_key *keys = NULL;
    struct listing l;
    size_t count = 0;
    struct store *store = store_open_blocking(o->data, true, &err);
    bool ok = store && store_keys_blocking(store, &keys, &count, &err);
    store_close_blocking(store);
    if (!ok)
        return out_fail(command_key.name, &err);
    listing_begin(&l, columns, o->json);
    for (size_t i = 0; i < count; i++)
        add_key(&l, &keys[i]);
    free(keys);
    return listing_end(&l, command_key.name);
}

/* ---- revoke */

static bool revoke_named(struct store *store, const struct options *o, size_t *revoked,
                         struct error *err)
{
    struct api_key *keys = NULL;
    size_t count = 0;
    if (!store_keys_blocking(store, &keys, &count, err))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        if (keys[i].revoked_ms || strcmp(keys[i].name, o->name) != 0)
            continue;
        ok = store_key_revoke_blocking(store, keys[i].id, clock_wall_ms(&clock_system), "cli", err);
        *revoked += ok;
    }
    free(keys);
    if (ok && *revoked == 0)
        return error_set(err, ERROR_MISSING, "no living key has the name \"%s\"", o->name);
    return ok;
}

static int revoke_keys(const struct options *o)
{
    struct error err = {0};
    size_t revoked = 0;
    if (!o->id == !o->name) {
        error_set(&err, ERROR_INVALID, "revoke wants the id of a key, or --name NAME");
        return out_usage(command_key.name, &err);
    }
    struct store *store = store_open_blocking(o->data, true, &err);
    bool ok = store != NULL;
    if (ok && o->name)
        ok = revoke_named(store, o, &revoked, &err);
    else if (ok && (ok = store_key_revoke_blocking(store, o->id, clock_wall_ms(&clock_system),
                                                   "cli", &err)))
        revoked = 1;
    store_close_blocking(store);
    if (!ok)
        return out_fail(command_key.name, &err);
    fprintf(stderr, "moontide: revoked %zu key%s\n", revoked, revoked == 1 ? "" : "s");
    return 0;
}

/* ---- the command */

static const char *const verbs[] = {"create", "list", "revoke", NULL};
static int (*const actions[])(const struct options *o) = {create_key, list_keys, revoke_keys};

static bool read_words(struct options *o, const struct strings *words, size_t *verb,
                       struct error *err)
{
    if (!options_verb(words, verbs, verb, err))
        return false;
    size_t most = actions[*verb] == revoke_keys ? 2 : 1;
    if (words->count > most)
        return error_set(err, ERROR_INVALID, "unexpected word \"%s\"", words->at[most]);
    o->id = words->count > 1 ? words->at[1] : NULL;
    return true;
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    struct strings words = {0};
    struct error err = {0};
    size_t verb;
    const struct option_row rows[] = {
        {.name = "--name", .value = &o.name},
        {.name = "--allow", .value = &o.allow},
        {.name = "--project", .many = &o.projects},
        {.name = "--widget", .flag = &o.widget},
        {.name = "--origin", .many = &o.origins},
        {.name = "--default-project", .value = &o.default_project},
        {.name = "--expires", .value = &o.expires},
        {.name = "--rate", .value = &o.rate},
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
