/* SPDX-License-Identifier: MIT */
/* signature.h - checks that the sender of a webhook knows the secret, by the schemes of well-known
 * senders and by a declared one for others. The raw bytes are checked, in constant time; a signed
 * time may be SIGNATURE_TOLERANCE_MS away from ours. Pure. Owner: the caller. Thread: any.
 * Limits: the enum below.
 *
 * A rule is declared as verify = "github", {preset = "github", secret = "NAME"} or, of one's own,
 *   {header = "x-sig", secret = "NAME", algorithm = "sha256", encoding = "hex", prefix = "v1=",
 *    timestamp_header = "x-time", signed = "{timestamp}.{body}", delivery_header = "x-id"}
 * where secret may be a list of names: all that exist are tried, so that a secret can be replaced
 * while the sender still uses the old one.
 *
 * preset    secret by default        signed                                    delivery
 * github    GITHUB_WEBHOOK_SECRET    body                                      X-GitHub-Delivery
 * gitlab    GITLAB_WEBHOOK_SECRET    nothing: X-Gitlab-Token is the secret     Idempotency-Key, or
 *                                                                              X-Gitlab-Event-UUID
 * shopify   SHOPIFY_WEBHOOK_SECRET   body                                      X-Shopify-Webhook-Id
 * slack     SLACK_WEBHOOK_SECRET     time and body                             event_id of the body
 * standard  STANDARD_WEBHOOK_SECRET  id, time and body                         webhook-id
 * stripe    STRIPE_WEBHOOK_SECRET    time and body                             id of the body
 * svix      SVIX_WEBHOOK_SECRET      id, time and body (svix-* headers)        svix-id
 * twilio    TWILIO_WEBHOOK_SECRET    URL and form fields, or a URL             I-Twilio-
 *                                    with the body's hash (bodySHA256)         Idempotency-Token
 *
 * When a request has no delivery id there but a signed time, its signature serves as the id.
 * github, gitlab, shopify and twilio sign neither a time nor the id: somebody who gets hold of a
 * whole request can send it once more under another id, which `unique = true` refuses. */
#pragma once
#include "base/error.h"
#include "base/json.h"

enum {
    SIGNATURE_TOLERANCE_MS = 300000,
    SIGNATURE_SECRETS = 4, /* names of one rule */
    SIGNATURE_MAC = 64,    /* bytes, of SHA-512 */
    SIGNATURE_DELIVERY = 256,
};

struct signature_rule;

/* Reads the field `verify` of a declaration. NULL: it is wrong; err says how,
 * without the field's name. */
struct signature_rule *signature_rule_new(const cJSON *declared, struct error *err) MUST_CHECK;
void signature_rule_free(struct signature_rule *rule);
/* The name of the rule's secret number i, from 0; NULL behind the last. Borrowed. */
const char *signature_secret(const struct signature_rule *rule, size_t i);

struct signature_request {                                    /* all borrowed */
    struct text (*header)(const void *arg, const char *name); /* lower case; absent: none */
    const void *arg;
    struct text body;   /* as received; absent: none */
    struct text target; /* path and query as received */
    const cJSON *form;  /* the body's fields when it is a form; NULL: it is none */
    int64_t now_ms;     /* wall clock */
};

enum signature {
    SIGNATURE_HOLDS,
    SIGNATURE_MISSING, /* a header is missing or malformed */
    SIGNATURE_EXPIRED, /* its time is too far from ours, whether it is right or not */
    SIGNATURE_WRONG,   /* made with none of the secrets */
};

/* "holds", "missing" …, for a log. */
const char *signature_word(enum signature s);

/* The MAC of the secret that holds. */
struct signature_proof {
    unsigned char mac[SIGNATURE_MAC];
    size_t mac_bytes; /* 0: none holds, or the scheme has no MAC */
};
/* Checks the request. Tries all secrets, whatever it finds, so that the time tells nothing. */
enum signature signature_check(const struct signature_rule *rule, const struct signature_request *q,
                               const struct text *secrets, size_t count,
                               struct signature_proof *proof);

/* Writes what a repeat of this request would have in common with it; false: the sender gives
 * nothing of the kind. To be asked about a request whose signature holds. tree: its body. */
bool signature_delivery(const struct signature_rule *rule, const struct signature_request *q,
                        const struct signature_proof *proof, const cJSON *tree,
                        char out[SIGNATURE_DELIVERY]);
/* What Slack wants to have back before it sends events, borrowed from the body; NULL: the body is
 * no such question. */
const char *signature_challenge(const struct signature_rule *rule, const cJSON *tree);
