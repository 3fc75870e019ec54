/* SPDX-License-Identifier: MIT */
#include "domain/proof/secret.h"
#include "base/clock.h"
#include "base/locked.h"
#include "cmd/command.h"
#include "cmd/listing.h"
#include "cmd/local.h"
#include "cmd/options.h"
#include "secrets/vault.h"
#include "store/store.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* A value with its line end, and one byte more to see that it is too long. */
enum { VALUE_ROOM = SECRET_BYTES + 3 };

static int run(int argc, char **argv);

const struct command command_secret = {
    .name = "secret",
    .summary = "set, list and remove the secrets that scripts may send (with serve running or not)",
    .run = run,
    .help =
        "usage: moontide secret set NAME --host HOST [--host HOST]…   (the value on standard input)\n"
        "       moontide secret set NAME --verify\n"
        "       moontide secret list [--json]\n"
        "       moontide secret remove NAME\n"
        "\n"
        "A script says `secret \"NAME\"` where http takes a text, and never sees the value: the host\n"
        "puts it in as the request leaves, for the hosts listed here and no others:\n"
        "\n"
        "  http.get(url, { headers = { Authorization = \"Bearer \" .. secret \"SHOP_KEY\" } })\n"
        "\n"
        "`set` replaces what is there, value and hosts. Values are kept encrypted (AES-256-GCM) and\n"
        "are never shown again. Works directly on the data folder; a running host takes the change\n"
        "over within milliseconds and logs it.\n"
        "\n"
        "  NAME         1 to 64 capitals, digits and _, starting with a capital\n"
        "  --host HOST  a host as in URLs, api.example.com or 127.0.0.1, for any port; HOST:PORT for\n"
        "               that port alone. Secrets go over https, and over http to this machine only\n"
        "  --verify     for triggers with `verify`, to check signatures with: it is sent nowhere\n"
        "  --data DIR   the host's data folder; default: MOONTIDE_DATA, else data\n"
        "  --json       list: for programs\n"
        "\n"
        "The value is all of standard input, up to 64 KB, without one line break at its end; typed at\n"
        "a terminal it is one line, not shown.\n"
        "\n"
        "environment\n"
        "  MOONTIDE_DATA        the data folder, when --data is not given\n"
        "  MOONTIDE_MASTER_KEY  the key that encrypts: 64 hex digits, or base64 of 32 bytes; the same\n"
        "                       for serve. Without it: the file master.key in the data folder, made\n"
        "                       on first use. Keep a copy apart: without it the values are lost\n"
        "\n"
        "exit status\n"
        "  0  done     1  it failed     2  the command was called wrongly\n"
        "\n"
        "examples\n"
        "  printf %s \"$KEY\" | moontide secret set SHOP_KEY --host api.shop.example\n"
        "  moontide secret set BOT_TOKEN --host api.telegram.org <token.txt\n",
};

struct options {
    bool json;
    bool verify; /* it may be sent nowhere */
    const char *data;
    struct strings hosts;
    const char *name; /* the word after the verb */
};

static bool check_name(const struct options *o, struct error *err)
{
    return secret_name_ok(text_of(o->name)) ||
           error_set(err, ERROR_INVALID,
                     "say which secret: a name is 1 to 64 capitals, digits and _ and starts with a "
                     "capital, such as SHOP_KEY");
}

/* ---- set */

static bool read_hosts(const struct options *o, struct buf *hosts, struct error *err)
{
    if (o->hosts.count == 0 && !o->verify)
        return error_set(err, ERROR_INVALID,
                         "say where the value may be sent: --host api.example.com, or nowhere: "
                         "--verify");
    for (size_t i = 0; i < o->hosts.count; i++)
        if (!secret_host_add(hosts, text_of(o->hosts.at[i]), err))
            return error_context(err, "--host");
    return true;
}

static bool ask_for_value(const char *name, char *value, size_t *len, struct error *err)
{
    struct termios before, silent;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return local_input(value, VALUE_ROOM, false, len, err);
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(stderr, "value of %s (not shown): ", name);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    bool ok = local_input(value, VALUE_ROOM, true, len, err);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputs("\n", stderr);
    return ok;
}

static bool read_value(const char *name, char *value, size_t *len, struct error *err)
{
    bool read = isatty(STDIN_FILENO) ? ask_for_value(name, value, len, err)
                                     : local_input(value, VALUE_ROOM, false, len, err);
    return read && (secret_value_ok((struct text){value, *len}, err) ||
                    error_context(err, "standard input"));
}

static int store_value(const struct options *o, const char *hosts, char *value)
{
    struct error err = {0};
    size_t len = 0;
    if (!read_value(o->name, value, &len, &err))
        return out_usage(command_secret.name, &err);
    struct vault_entry entry = {o->name, hosts, {value, len}};
    if (!vault_put_blocking(o->data, &entry, clock_wall_ms(&clock_system), &err))
        return out_fail(command_secret.name, &err);
    fprintf(stderr, "moontide: set secret %s, to be sent to %s\n", o->name,
            *hosts ? hosts : "nobody");
    if (len < SCRUB_ENCODED)
        fprintf(
            stderr,
            "moontide: it is short: only answers to requests that carry it are cleaned of it\n");
    return 0;
}

static int set_secret(const struct options *o)
{
    struct error err = {0};
    struct buf hosts;
    int status;
    buf_init(&hosts, SECRET_HOSTS_BYTES);
    if (check_name(o, &err) && read_hosts(o, &hosts, &err)) {
        char *value = locked_new(VALUE_ROOM);
        status = store_value(o, hosts.data ? hosts.data : "", value);
        locked_free(value, VALUE_ROOM);
    } else {
        status = out_usage(command_secret.name, &err);
    }
    buf_done(&hosts);
    return status;
}

/* ---- list */

static const struct listing_column columns[] = {
    {"name", "NAME", LISTING_TEXT},
    {"hosts", "HOSTS", LISTING_WORDS},
    {"createdAt", "CREATED", LISTING_TIME},
    {"updatedAt", "UPDATED", LISTING_TIME},
    {0},
};

static int list_secrets(const struct options *o)
{
    struct error err = {0};
    struct store_secret *rows = NULL;
    struct listing l;
    size_t count = 0;
    if (o->name) {
        error_set(&err, ERROR_INVALID, "unexpected word \"%s\"", o->name);
        return out_usage(command_secret.name, &err);
    }
    struct store *store = store_open_blocking(o->data, true, &err);
    bool ok = store && store_secrets_blocking(store, &rows, &count, &err);
    store_close_blocking(store);
    if (!ok)
        return out_fail(command_secret.name, &err);
    listing_begin(&l, columns, o->json);
    for (size_t i = 0; i < count; i++)
        listing_row(&l, (struct listing_value[]){{.text = rows[i].name},
                                                 {.text = rows[i].hosts},
                                                 {.number = rows[i].created_ms},
                                                 {.number = rows[i].updated_ms}});
    store_secrets_free(rows, count);
    return listing_end(&l, command_secret.name);
}

/* ---- remove */

static int remove_secret(const struct options *o)
{
    struct error err = {0};
    if (!check_name(o, &err))
        return out_usage(command_secret.name, &err);
    if (!vault_remove_blocking(o->data, o->name, clock_wall_ms(&clock_system), &err))
        return out_fail(command_secret.name, &err);
    fprintf(stderr, "moontide: removed secret %s\n", o->name);
    return 0;
}

/* ---- the command */

static const char *const verbs[] = {"set", "list", "remove", NULL};
static int (*const actions[])(const struct options *o) = {set_secret, list_secrets, remove_secret};

/* A value as an argument would be seen by every user of the machine, and stay in the shell's
 * history. */
static bool read_words(struct options *o, const struct strings *words, size_t *verb,
                       struct error *err)
{
    if (!options_verb(words, verbs, verb, err))
        return false;
    o->name = words->count > 1 ? words->at[1] : NULL;
    if (words->count > 2)
        return error_set(err, ERROR_INVALID,
                         actions[*verb] == set_secret
                             ? "the value is given on standard input, not as a "
                               "word"
                             : "one word too many");
    return (o->hosts.count == 0 && !o->verify) || actions[*verb] == set_secret ||
           error_set(err, ERROR_INVALID, "%s is for set", o->verify ? "--verify" : "--host");
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    struct strings words = {0};
    struct error err = {0};
    size_t verb;
    const struct option_row rows[] = {
        {.name = "--host", .many = &o.hosts},
        {.name = "--data", .value = &o.data},
        {.name = "--json", .flag = &o.json},
        {.name = "--verify", .flag = &o.verify},
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
