/* SPDX-License-Identifier: MIT */
/* client.h - calls to a host's HTTP API for the commands: where it is (MOONTIDE_URL), who asks
 * (MOONTIDE_KEY), answers as JSON, refusals as one sentence. The key is never an argument: those
 * are seen by everybody on the machine. Owner: the command. Thread: main; calls block. */
#pragma once
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "net/fetch.h"

enum { CLIENT_URL = 512, CLIENT_PATH = 1024, CLIENT_HEADER = 128, CLIENT_KEY = 256 };

struct client {
    char url[CLIENT_URL]; /* without a slash at the end */
    char key_header[CLIENT_KEY];
    const char *ca_file; /* NULL: whom the system trusts */
};

/* Reads the environment. cacert: of --cacert, which wins over MOONTIDE_CACERT; borrowed; NULL. */
bool client_init(struct client *c, const char *cacert, struct error *err) MUST_CHECK;
/* For a webhook address: MOONTIDE_URL and MOONTIDE_WEBHOOK_SECRET, or what callers of another
 * product have set: WISEBOT_WORKFLOW_TRIGGER_ORIGIN and WISEBOT_WORKFLOW_SECRET. */
bool client_init_webhook(struct client *c, const char *cacert, struct error *err) MUST_CHECK;
/* Whether there is a webhook's secret in the environment. */
bool client_has_webhook(void);

struct client_call {
    const char *method;
    const char *path;   /* "/v1/…" */
    const char *header; /* one more, "Prefer: respond-async"; NULL: none */
    struct text body;   /* JSON; absent: none */
    int64_t timeout_ms; /* 0: CLIENT_TIMEOUT_MS */
    bool (*on_data)(void *arg, struct text piece); /* for a stream: no time limit; see fetch.h */
    void *arg;
};
enum { CLIENT_TIMEOUT_MS = 30000 };

struct client_reply {
    int status;
    cJSON *json; /* NULL: the body was empty or (err says so) no JSON */
    int64_t retry_after_s;
};

/* False: no answer that can be understood. */
bool client_send(const struct client *c, const struct client_call *call, struct client_reply *reply,
                 struct error *err) MUST_CHECK;
/* The same, and a status of 400 and more is a failure too, told by client_refusal. */
bool client_ask(const struct client *c, const struct client_call *call, struct client_reply *reply,
                struct error *err) MUST_CHECK;
void client_reply_done(struct client_reply *reply);
/* "404 not_found: no such run"; always false. */
bool client_refusal(const struct client_reply *reply, struct error *err);

/* Can this be the id of a run? It goes into a path. */
bool client_run_id_ok(const char *id, struct error *err) MUST_CHECK;
