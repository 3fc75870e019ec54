/* SPDX-License-Identifier: MIT */
/* signature.h - whether a webhook was sent by who knows the secret: the senders' own schemes and a
 * table for others. Over the raw bytes, compared in constant time; a signed time counts for
 * SIGNATURE_TOLERANCE_MS to both sides. Pure. Thread: any.
 *
 * A rule is declared as verify = "github", {preset = "github", secret = "NAME"} or, of one's own,
 *   {header = "x-sig", secret = "NAME", algorithm = "sha256", encoding = "hex", prefix = "v1=",
 *    timestamp_header = "x-time", signed = "{timestamp}.{body}", delivery_header = "x-id"}
 * where secret may be a list of names: all that exist are tried, so that one can change over.
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
 * twilio    TWILIO_WEBHOOK_SECRET    URL and form fields, or URL and the I-Twilio-Idempotency-
 *                                    body's hash in it (bodySHA256)            Token
 *
 * Where the body or header named has no delivery id and a time is signed, the signature stands for
 * it. github, gitlab, shopify and twilio sign neither a time nor the id: who gets hold of a whole
 * request can send it once more under another id; `unique = true` refuses that too. */
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

/* NULL and err (without the field's name) otherwise. */
struct signature_rule *signature_rule_new(const cJSON *declared, struct error *err) MUST_CHECK;
void signature_rule_free(struct signature_rule *rule);
/* The names of its secrets, from 0; NULL behind the last. */
const char *signature_secret(const struct signature_rule *rule, size_t i);

struct signature_request {                                    /* all borrowed */
    struct text (*header)(const void *arg, const char *name); /* lower case; absent: none */
    const void *arg;
    struct text body;   /* as received; absent: none */
    struct text target; /* path and query as received */
    const cJSON *form;  /* the body's fields, where it is a form; NULL */
    int64_t now_ms;
};

enum signature {
    SIGNATURE_HOLDS,
    SIGNATURE_MISSING, /* a header is missing or malformed */
    SIGNATURE_EXPIRED, /* right perhaps, but its time is too far away */
    SIGNATURE_WRONG,   /* made with none of the secrets */
};

/* As a word for a log. */
const char *signature_word(enum signature s);

/* Tries all secrets, whatever it finds. mac: of the secret that holds, mac_bytes of it. */
struct signature_proof {
    unsigned char mac[SIGNATURE_MAC];
    size_t mac_bytes;
};
enum signature signature_check(const struct signature_rule *rule, const struct signature_request *q,
                               const struct text *secrets, size_t count,
                               struct signature_proof *proof);

/* What a repeat of this request would have in common with it; false: the sender names nothing of
 * the kind. For a request whose signature holds; tree: its body. */
bool signature_delivery(const struct signature_rule *rule, const struct signature_request *q,
                        const struct signature_proof *proof, const cJSON *tree,
                        char out[SIGNATURE_DELIVERY]);
/* What Slack wants to have back before it sends events; NULL: the body is no such question. */
const char *signature_challenge(const struct signature_rule *rule, const cJSON *tree);
