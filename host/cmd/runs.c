/* SPDX-License-Identifier: MIT */
#include "cmd/client.h"
#include "cmd/command.h"
#include "cmd/follow.h"
#include "cmd/options.h"
#include "cmd/out.h"
#include "domain/proof/api_key.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_DEFAULT = 20, LIMIT_MAX = 200 };

static int run(int argc, char **argv);

const struct command command_runs = {
    .name = "runs",
    .summary = "list, show, follow and cancel the runs of a running host",
    .run = run,
    .help =
        "usage: moontide runs list [OPTIONS]      the newest runs first\n"
        "       moontide runs show ID             all that is known of one run, as JSON\n"
        "       moontide runs follow ID           its records: those there are, then as they come\n"
        "       moontide runs cancel ID           ends it; a run that has ended stays as it is\n"
        "\n"
        "  --project P    list: only of this project\n"
        "  --trigger T    list: only of this trigger (with --project)\n"
        "  --status S     list: queued running waiting completed failed cancelled timed_out\n"
        "  --limit N      list: at most N runs, 1 to 200; default 20\n"
        "  --before ID    list: only runs older than this one\n"
        "  --after N      follow: go on behind record N\n"
        "  --json         programs read this: the answer as JSON; follow: one line a record\n"
        "  --cacert FILE  the certificate, PEM, that vouches for an https host, in place of the\n"
        "                 system's\n"
        "\n"
        "environment\n"
        "  MOONTIDE_URL   where the host is; default http://127.0.0.1:8080\n"
        "  MOONTIDE_KEY   an API key with run.read, for cancel run.control\n"
        "  MOONTIDE_CACERT\n"
        "                 as --cacert\n"
        "\n"
        "exit status\n"
        "  0  done; follow: the run completed\n"
        "  1  the host refused it or cannot be reached; follow: the run failed or was cancelled\n"
        "  2  the command was called wrongly\n"
        "\n"
        "examples\n"
        "  moontide runs list --project github --status failed\n"
        "  moontide runs list --limit 200 --json\n"
        "  moontide runs follow run_01kbk3v0w8q5c9e2m7x4t6y1z0\n",
};

struct options {
    bool json;
    const char *project, *trigger, *status, *limit, *before, *after, *cacert;
};

/* ---- list */

static bool check_status(const char *status, struct error *err)
{
    static const char *const known[] = {"queued", "running",   "waiting",   "completed",
                                        "failed", "cancelled", "timed_out", NULL};
    if (!status)
        return true;
    for (size_t i = 0; known[i]; i++)
        if (strcmp(known[i], status) == 0)
            return true;
    const char *near = text_nearest(text_of(status), known);
    return error_set(err, ERROR_INVALID, "--status \"%s\" is none%s%s%s", status,
                     near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
}

static bool check_name(const char *option, const char *name, struct error *err)
{
    if (!name || api_key_name_ok(text_of(name)))
        return true;
    return error_set(err, ERROR_INVALID, "%s \"%s\": a name is 1 to 64 letters, digits, _ or -",
                     option, name);
}

static bool check_list(const struct options *o, long *limit, struct error *err)
{
    if (o->trigger && !o->project)
        return error_set(err, ERROR_INVALID,
                         "--trigger needs --project: keys are unique within one");
    return check_name("--project", o->project, err) && check_name("--trigger", o->trigger, err) &&
           check_status(o->status, err) && (!o->before || client_run_id_ok(o->before, err)) &&
           options_int("--limit", o->limit, 1, LIMIT_MAX, limit, err);
}

static void list_path(char *path, const struct options *o, long limit)
{
    const struct {
        const char *name, *value;
    } filters[] = {{"project", o->project},
                   {"trigger", o->trigger},
                   {"status", o->status},
                   {"before", o->before}};
    int at = snprintf(path, CLIENT_PATH, "/v1/runs?limit=%ld", limit);
    for (size_t i = 0; i < ARRAY_LEN(filters); i++)
        if (filters[i].value)
            at += snprintf(path + at, (size_t)(CLIENT_PATH - at), "&%s=%s", filters[i].name,
                           filters[i].value);
}

static void put_row(struct table *t, const cJSON *item)
{
    const char *project = json_string(item, "project");
    const char *trigger = json_string(item, "trigger");
    const char *code = json_string(json_get(item, "error"), "code");
    char address[160];
    char steps[16];
    snprintf(address, sizeof address, "%s/%s", project ? project : "?", trigger ? trigger : "?");
    snprintf(steps, sizeof steps, "%d", (int)json_number(item, "steps", 0));
    out_table_cell(t, json_string(item, "runId"));
    out_table_cell(t, json_string(item, "status"));
    out_table_cell(t, address);
    out_table_cell(t, json_string(item, "createdAt"));
    out_table_cell(t, steps);
    out_table_cell(t, code);
}

static void print_list(const cJSON *answer)
{
    struct table t;
    const cJSON *items = json_get(answer, "items");
    out_table_init(
        &t, (const char *const[]){"RUN", "STATUS", "TRIGGER", "CREATED", "STEPS", "ERROR", NULL});
    const cJSON *first = items ? items->child : NULL;
    for (const cJSON *item = first; item; item = item->next)
        put_row(&t, item);
    if (first)
        out_table_print(&t);
    else
        fputs("moontide: no such runs\n", stderr);
    out_table_done(&t);
    const char *next = json_string(answer, "next");
    if (next)
        fprintf(stderr, "moontide: there are older ones: --before %s\n", next);
}

static int list(const struct client *c, const char *id, const struct options *o)
{
    (void)id;
    struct error err = {0};
    struct client_reply reply = {0};
    char path[CLIENT_PATH];
    long limit = LIMIT_DEFAULT;
    if (!check_list(o, &limit, &err))
        return out_usage(command_runs.name, &err);
    list_path(path, o, limit);
    const struct client_call call = {.method = "GET", .path = path};
    bool ok = client_ask(c, &call, &reply, &err);
    if (ok && o->json)
        out_json(reply.json, true);
    else if (ok)
        print_list(reply.json);
    client_reply_done(&reply);
    return ok ? out_end(command_runs.name) : out_fail(command_runs.name, &err);
}

/* ---- one run */

static bool ask(const struct client *c, const char *method, const char *id, const char *tail,
                struct client_reply *reply, struct error *err)
{
    char path[CLIENT_PATH];
    snprintf(path, sizeof path, "/v1/runs/%s%s", id, tail);
    const struct client_call call = {.method = method, .path = path};
    return client_ask(c, &call, reply, err);
}

static int print_answer(const struct client *c, const char *method, const char *id,
                        const char *tail, const struct options *o)
{
    struct error err = {0};
    struct client_reply reply = {0};
    bool ok = ask(c, method, id, tail, &reply, &err);
    if (ok && reply.json)
        out_json(reply.json, !o->json);
    client_reply_done(&reply);
    return ok ? out_end(command_runs.name) : out_fail(command_runs.name, &err);
}

static int show(const struct client *c, const char *id, const struct options *o)
{
    return print_answer(c, "GET", id, "", o);
}

static int cancel(const struct client *c, const char *id, const struct options *o)
{
    return print_answer(c, "POST", id, "/cancel", o);
}

static int follow(const struct client *c, const char *id, const struct options *o)
{
    struct error err = {0};
    struct client_reply reply = {0};
    long after = 0;
    if (!options_int("--after", o->after, 0, 1L << 40, &after, &err))
        return out_usage(command_runs.name, &err);
    bool ok =
        follow_run(c, id, (uint64_t)after, o->json, &err) && ask(c, "GET", id, "", &reply, &err);
    const char *status = json_string(reply.json, "status");
    bool completed = status && strcmp(status, "completed") == 0;
    client_reply_done(&reply);
    if (!ok)
        return out_fail(command_runs.name, &err);
    int printed = out_end(command_runs.name);
    return completed ? printed : 1;
}

/* ---- the command */

static const char *const verbs[] = {"list", "show", "follow", "cancel", NULL};
static int (*const actions[])(const struct client *c, const char *id,
                              const struct options *o) = {list, show, follow, cancel};

static bool read_id(const struct strings *words, bool wanted, const char **id, struct error *err)
{
    *id = wanted && words->count > 1 ? words->at[1] : NULL;
    if (words->count != (wanted ? 2 : 1))
        return error_set(err, ERROR_INVALID, "%s takes %s", words->at[0],
                         wanted ? "the id of one run" : "no word behind it");
    return !*id || client_run_id_ok(*id, err);
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    struct strings words = {0};
    struct error err = {0};
    struct client client;
    const char *id;
    size_t verb;
    const struct option_row rows[] = {
        {.name = "--project", .value = &o.project},
        {.name = "--trigger", .value = &o.trigger},
        {.name = "--status", .value = &o.status},
        {.name = "--limit", .value = &o.limit},
        {.name = "--before", .value = &o.before},
        {.name = "--after", .value = &o.after},
        {.name = "--json", .flag = &o.json},
        {.name = "--cacert", .value = &o.cacert},
        {0},
    };
    if (options_read(argc, argv, rows, &words) != 0)
        return 2;
    if (!options_verb(&words, verbs, &verb, &err) ||
        !read_id(&words, actions[verb] != list, &id, &err))
        return out_usage(argv[0], &err);
    if (!client_init(&client, o.cacert, &err))
        return out_fail(argv[0], &err);
    return actions[verb](&client, id, &o);
}
