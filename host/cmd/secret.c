/* SPDX-License-Identifier: MIT */
#include "domain/secret.h"
#include "base/clock.h"
#include "base/locked.h"
#include "cmd/command.h"
#include "cmd/options.h"
#include "cmd/out.h"
#include "engine/vault.h"
#include "store/store.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum {
    VALUE_ROOM = SECRET_BYTES + 3
}; /* with a line end, and one byte to see that it is too long */

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

/* Without stdio, whose buffers would keep a copy. Returns the bytes read; line: to the line's end.
 */
static ssize_t read_input(char *value, bool line)
{
    size_t len = 0;
    while (len < VALUE_ROOM) {
        ssize_t got = read(STDIN_FILENO, value + len, VALUE_ROOM - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        len += (size_t)got;
        if (line && value[len - 1] == '\n')
            break;
    }
    return (ssize_t)len;
}

static ssize_t ask_for_value(const char *name, char *value)
{
    struct termios before, silent;
    if (tcgetattr(STDIN_FILENO, &before) != 0)
        return read_input(value, false);
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(stderr, "value of %s (not shown): ", name);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    ssize_t len = read_input(value, true);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputs("\n", stderr);
    return len;
}

static bool read_value(const char *name, char *value, size_t *len, struct error *err)
{
    ssize_t got = isatty(STDIN_FILENO) ? ask_for_value(name, value) : read_input(value, false);
    if (got < 0)
        return error_errno(err, errno, "reading the value from standard input");
    *len = (size_t)got;
    if (*len > 0 && value[*len - 1] == '\n')
        --*len;
    if (*len > 0 && (size_t)got > *len && value[*len - 1] == '\r')
        --*len;
    return secret_value_ok((struct text){value, *len}, err) || error_context(err, "standard input");
}

static int store_value(const struct options *o, const char *hosts, char *value)
{
    struct error err = {0};
    size_t len = 0;
    if (!read_value(o->name, value, &len, &err))
        return out_usage(command_secret.name, &err);
    struct vault_entry entry = {o->name, hosts, {value, len}};
    if (!vault_put_now(o->data, &entry, clock_wall_ms(&clock_system), &err))
        return out_fail(command_secret.name, &err);
    fprintf(stderr, "moontide: set secret %s, to be sent to %s\n", o->name,
            *hosts ? hosts : "nobody");
    if (len < SCRUB_ENCODED)
        fprintf(
            stderr,
            "moontide: it is short: only answers to requests that carry it are cleaned of it\n");
    return 0;
}

static int set(const struct options *o)
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

static void add_time(cJSON *object, const char *name, int64_t wall_ms)
{
    char at[TEXT_TIME];
    text_time(wall_ms, at);
    cJSON_AddStringToObject(object, name, at);
}

static void add_hosts(cJSON *object, const char *hosts)
{
    cJSON *list = cJSON_AddArrayToObject(object, "hosts");
    for (struct text rest = text_of(hosts); rest.len > 0;) {
        struct text host = text_cut(&rest, ',');
        char one[SECRET_HOSTS_BYTES];
        snprintf(one, sizeof one, "%.*s", (int)host.len, host.data);
        cJSON_AddItemToArray(list, cJSON_CreateString(one));
    }
}

static void print_json(const struct store_secret *rows, size_t count)
{
    cJSON *answer = cJSON_CreateObject();
    cJSON *items = cJSON_AddArrayToObject(answer, "items");
    for (size_t i = 0; i < count; i++) {
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "name", rows[i].name);
        add_hosts(item, rows[i].hosts);
        add_time(item, "createdAt", rows[i].created_ms);
        add_time(item, "updatedAt", rows[i].updated_ms);
        cJSON_AddItemToArray(items, item);
    }
    cJSON_AddNullToObject(answer, "next");
    out_json(answer, true);
    cJSON_Delete(answer);
}

static void print_table(const struct store_secret *rows, size_t count)
{
    struct table t;
    out_table_init(&t, (const char *const[]){"NAME", "HOSTS", "CREATED", "UPDATED", NULL});
    for (size_t i = 0; i < count; i++) {
        char created[TEXT_TIME];
        char updated[TEXT_TIME];
        text_time(rows[i].created_ms, created);
        text_time(rows[i].updated_ms, updated);
        const char *const cells[] = {rows[i].name, rows[i].hosts, created, updated};
        for (size_t c = 0; c < ARRAY_LEN(cells); c++)
            table_cell(&t, cells[c]);
    }
    table_print(&t);
    out_table_done(&t);
}

static int list(const struct options *o)
{
    struct error err = {0};
    struct store_secret *rows = NULL;
    size_t count = 0;
    if (o->name) {
        error_set(&err, ERROR_INVALID, "unexpected word \"%s\"", o->name);
        return out_usage(command_secret.name, &err);
    }
    if (!store_secrets_now(o->data, &rows, &count, &err))
        return out_fail(command_secret.name, &err);
    if (o->json)
        print_json(rows, count);
    else
        print_table(rows, count);
    store_secrets_free(rows, count);
    return out_end(command_secret.name);
}

/* ---- remove */

static int remove_one(const struct options *o)
{
    struct error err = {0};
    if (!check_name(o, &err))
        return out_usage(command_secret.name, &err);
    if (!vault_remove_now(o->data, o->name, clock_wall_ms(&clock_system), &err))
        return out_fail(command_secret.name, &err);
    fprintf(stderr, "moontide: removed secret %s\n", o->name);
    return 0;
}

/* ---- the command */

static const char *const verbs[] = {"set", "list", "remove", NULL};
static int (*const actions[])(const struct options *o) = {set, list, remove_one};

static bool find_data(struct options *o, struct error *err)
{
    const char *given = getenv("MOONTIDE_DATA");
    if (!o->data)
        o->data = given && *given ? given : "data";
    return access(o->data, X_OK) == 0 ||
           error_errno(err, errno,
                       "data folder \"%s\" (--data names another; the first `moontide serve` makes "
                       "it)",
                       o->data);
}

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
                         actions[*verb] == set ? "the value is given on standard input, not as a "
                                                 "word"
                                               : "one word too many");
    return (o->hosts.count == 0 && !o->verify) || actions[*verb] == set ||
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
    if (!find_data(&o, &err))
        return out_fail(argv[0], &err);
    return actions[verb](&o);
}
