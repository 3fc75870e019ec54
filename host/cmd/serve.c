/* SPDX-License-Identifier: MIT */
#include "serve/serve.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/command.h"
#include "cmd/settings.h"
#include "serve/door/certificate.h"
#include "serve/door/door.h"
#include "serve/request/app.h"
#include "serve/routes.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IDLE_MS = 60000, LOOK_MS = 10, CLOSE_RESERVE_MS = 1000 };

struct server {
    uv_loop_t loop;
    struct config *config;
    struct app app;
    struct certificate *certificate; /* NULL: plain HTTP */
    struct door *door;
    uv_signal_t term, interrupt;
    uv_timer_t look; /* until ready, later until drained */
    int64_t started_us, drain_until_ms;
    bool opening, closing, failed;
};

static void on_signal(uv_signal_t *signal, int number);
static void shut(struct server *s);

/* ---- start */

static const struct {
    const char *word;
    enum log_level level;
} levels[] = {{"debug", LOG_DEBUG}, {"info", LOG_INFO}, {"warn", LOG_WARN}, {"error", LOG_ERROR}};

static void set_log_level(const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(levels); i++)
        if (strcmp(levels[i].word, word) == 0)
            log_level_set(levels[i].level);
}

static unsigned runner_count(const struct config *c)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    long count = c->runners > 0 ? (long)c->runners : cores > 0 ? cores : 1;
    return (unsigned)(count < POOL_RUNNERS ? count : POOL_RUNNERS);
}

static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static bool make_admin_key(struct store *store, struct error *err)
{
    struct api_key key = {.permissions = PERMISSION_ALL, .name = "admin", .projects = "*"};
    char secret[API_KEY_BYTES];
    key.created_ms = clock_wall_ms(&clock_system);
    id_make(key.id, "key", key.created_ms);
    api_key_secret(secret);
    api_key_hash(text_of(secret), key.hash);
    if (!store_key_create_blocking(store, &key, "host", err))
        return false;
    printf("admin key: %s\n", secret);
    fflush(stdout);
    return true;
}

/* The first start makes a key that may do everything, and shows it this once. */
static bool need_admin_key(const char *data, struct error *err)
{
    struct api_key *keys = NULL;
    size_t count = 0;
    struct store *store = store_open_blocking(data, true, err);
    bool ok = store && store_keys_blocking(store, &keys, &count, err) &&
              (count > 0 || make_admin_key(store, err));
    free(keys);
    store_close_blocking(store);
    return ok;
}

/* Not to those who have a proxy in front, and named it: it speaks TLS, or they know. */
static void warn_of_plain(const struct server *s, const char *host)
{
    bool loopback = strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
    if (loopback || s->certificate || s->app.address_list.trusted.count > 0)
        return;
    log_warn(
        NULL,
        "\"plain HTTP on an address that others can reach: everybody on the way can read keys; "
        "set tls.cert and tls.key, or name the proxy that speaks TLS in trusted_proxies\" "
        "listen=%s",
        s->config->listen);
}

static bool open_certificate(struct server *s, struct error *err)
{
    if (!s->config->tls_cert)
        return true;
    s->certificate =
        certificate_open(&s->loop, &clock_system, s->config->tls_cert, s->config->tls_key, err);
    return s->certificate != NULL;
}

static bool open_door(struct server *s, struct error *err)
{
    char host[64], url[128];
    int port;
    if (!config_address(text_of(s->config->listen), host, &port, err))
        return false;
    struct door_options options = {
        .loop = &s->loop,
        .clock = &clock_system,
        .host = host,
        .port = port,
        .connections = (size_t)s->config->connections,
        .connections_per_address = (size_t)s->config->connections_per_address,
        .request_ms = s->config->request_ms,
        .idle_ms = IDLE_MS,
        .proxies = s->config->proxy_protocol ? &s->app.address_list.trusted : NULL,
        .certificate = s->certificate,
        .head = serve_head,
        .body = serve_body,
        .arg = &s->app,
    };
    if (!(s->door = door_open(&options, err)))
        return false;
    snprintf(url, sizeof url, strchr(host, ':') ? "%s://[%s]:%d" : "%s://%s:%d",
             s->certificate ? "https" : "http", host, door_port(s->door));
    warn_of_plain(s, host);
    log_info(NULL, "\"ready\" url=%s runners=%u startup_ms=%lld", url,
             pool_count(s->app.engine->pool),
             (long long)(clock_mono_us(&clock_system) - s->started_us) / 1000);
    return true;
}

static void give_up(struct server *s, const struct error *err)
{
    fprintf(stderr, "moontide: %s\n", err->text);
    s->failed = true;
    shut(s);
}

/* The door opens when the triggers are known: no request shall be told 404 because it was early. */
static void on_look_ready(uv_timer_t *timer)
{
    struct server *s = timer->data;
    struct error err;
    const struct error *unfit = engine_unfit(s->app.engine);
    if (unfit) {
        give_up(s, unfit);
        return;
    }
    if (!engine_ready(s->app.engine) || s->app.engine->keyring.count == 0)
        return; /* the admin key, at least, must be known before somebody uses it */
    uv_timer_stop(timer);
    s->opening = false;
    if (!open_door(s, &err))
        give_up(s, &err);
}

static bool open_all(struct server *s, struct error *err)
{
    struct engine_options options = {.loop = &s->loop,
                                     .clock = &clock_system,
                                     .config = s->config,
                                     .runners = runner_count(s->config),
                                     .watch = true};
    s->app = (struct app){.clock = &clock_system, .config = s->config, .route_at = route_at};
    list_init(&s->app.streams);
    auth_delay_open(&s->app.auth_delay, s->config);
    if (!address_list_open(&s->app.address_list, s->config, err) || !open_certificate(s, err))
        return false;
    if (!(s->app.engine = engine_open(&options, err)))
        return false;
    return stream_token_open(&s->app.tokens, s->config->data, err) &&
           need_admin_key(s->config->data, err);
}

/* ---- end */

static void on_door_closed(void *arg)
{
    struct server *s = arg;
    s->door = NULL;
    certificate_close(s->certificate);
}

static void shut(struct server *s)
{
    if (s->closing)
        return;
    s->closing = true;
    uv_close((uv_handle_t *)&s->look, NULL);
    uv_close((uv_handle_t *)&s->term, NULL);
    uv_close((uv_handle_t *)&s->interrupt, NULL);
    if (s->door)
        door_close(s->door, on_door_closed, s);
    else
        certificate_close(s->certificate);
    if (s->app.engine)
        engine_close(s->app.engine, NULL, NULL);
}

static void on_look_drained(uv_timer_t *timer)
{
    struct server *s = timer->data;
    bool quiet = engine_quiet(s->app.engine) && (!s->door || door_connections(s->door) == 0);
    if (!quiet && clock_mono_ms(&clock_system) < s->drain_until_ms)
        return;
    log_info(NULL, "\"stopping\" unanswered=%zu runs_to_resume=%zu", s->app.engine->tickets,
             s->app.engine->runs.count);
    shut(s);
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct server *s = signal->data;
    if (s->app.draining) {
        log_warn(NULL,
                 "second signal: leaving at once; what is accepted resumes at the next start");
        _exit(1);
    }
    log_info(NULL, "\"draining: finishing answers, no new requests\" signal=%s", strsignal(number));
    s->drain_until_ms = clock_mono_ms(&clock_system) + s->config->drain_ms - CLOSE_RESERVE_MS;
    serve_drain(&s->app);
    if (s->door)
        door_drain(s->door);
    uv_timer_start(&s->look, on_look_drained, LOOK_MS, LOOK_MS);
}

static void start_handles(struct server *s)
{
    uv_timer_init(&s->loop, &s->look);
    uv_signal_init(&s->loop, &s->term);
    uv_signal_init(&s->loop, &s->interrupt);
    s->look.data = s->term.data = s->interrupt.data = s;
    uv_timer_start(&s->look, on_look_ready, 0, 1);
    uv_signal_start(&s->term, on_signal, SIGTERM);
    uv_signal_start(&s->interrupt, on_signal, SIGINT);
}

static int run(int argc, char **argv)
{
    struct server *s = mem_zero(1, sizeof *s);
    struct error err;
    s->started_us = clock_mono_us(&clock_system);
    s->config = settings_read(argc, argv, NULL, NULL);
    if (!s->config) {
        free(s);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file-size limit is a full disk, not the end */
    umask(077);
    raise_file_limit();
    set_log_level(s->config->log);
    uv_loop_init(&s->loop);
    start_handles(s);
    if (!open_all(s, &err))
        give_up(s, &err);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    bool failed = s->failed;
    uv_loop_close(&s->loop);
    address_list_done(&s->app.address_list);
    auth_delay_done(&s->app.auth_delay);
    config_free(s->config);
    free(s);
    return failed ? 1 : 0;
}

static void print_help(void)
{
    puts(
        "usage: moontide serve [--scripts DIR] [--data DIR] [--listen ADDR:PORT] [--runners N] [SETTINGS]\n\n"
        "Serves the triggers in the scripts folder and follows its changes; keeps runs in the data folder.\n"
        "The first start prints an admin key on standard output, once. Logs go to standard error, one line\n"
        "an event.\n"
        "SIGTERM or Ctrl-C finishes answers and exits; runs that have not ended resume at the next start.\n\n"
        "exit status: 0 stopped by a signal, 1 could not start, 2 the command line or a setting is wrong\n");
    settings_help();
}

const struct command command_serve = {
    .name = "serve",
    .summary = "serve the triggers of a scripts folder",
    .run = run,
    .print_help = print_help,
};
