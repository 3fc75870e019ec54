/* SPDX-License-Identifier: MIT */
/* Who a client is and what it signed: KIND BYTE, then the parts that kind takes.
 *   f PEER ^L X-FORWARDED-FOR ^L FORWARDED   the address behind a proxy
 *   p SEED BYTE, bytes                       a PROXY header, whole and in pieces
 *   s PRESET BYTE, SIGNATURE ^L TIME ^L ID ^L HOST ^L TARGET ^L BODY
 *   c text                                   a network */
#include "fuzz.h"

#include "base/id.h"
#include "domain/address/forwarded.h"
#include "domain/form.h"
#include "domain/proof/signature.h"
#include "serve/door/door_proxy.h"

/* ---- forwarded */

static struct text maybe(struct text t)
{
    return t.len > 0 ? t : TEXT_NONE;
}

static void fuzz_forwarded(struct text in)
{
    struct cidr nets[] = {{.bits = 104}};
    struct cidr_list trusted = {nets, 1};
    struct cidr_address peer, first, again;
    char shown[CIDR_TEXT];
    FUZZ_CHECK(cidr_parse(TEXT("10.0.0.0/8"), &nets[0], NULL), "a network");
    struct text from = fuzz_part(&in), xff = maybe(fuzz_part(&in)), header = maybe(fuzz_part(&in));
    if (!cidr_address(from, &peer))
        return;
    bool told = forwarded_client(&trusted, &peer, xff, header, &first);
    if (!cidr_list_holds(&trusted, &peer))
        FUZZ_CHECK(told && memcmp(&first, &peer, sizeof peer) == 0, "a stranger was believed");
    if (!told)
        return;
    cidr_address_text(&first, shown);
    FUZZ_CHECK(cidr_address(text_of(shown), &again), "%s", shown);
    FUZZ_CHECK(memcmp(&first, &again, sizeof first) == 0, "%s", shown);
}

/* ---- PROXY */

static enum proxy_state feed(struct text in, size_t step, struct proxy *p, size_t *left)
{
    enum proxy_state state = PROXY_MORE;
    *p = (struct proxy){0};
    while (in.len > 0 && state == PROXY_MORE) {
        struct text piece = {in.data, step < in.len ? step : in.len};
        size_t had = piece.len;
        state = proxy_next(p, &piece);
        FUZZ_CHECK(piece.len <= had, "it gave more back than it got");
        FUZZ_CHECK(state != PROXY_MORE || piece.len == 0, "it left bytes and wants more");
        in.data += had - piece.len;
        in.len -= had - piece.len;
    }
    *left = in.len;
    return state;
}

static void fuzz_proxy(struct text in)
{
    struct proxy whole, pieces;
    struct cidr_address a = {0}, b = {0};
    size_t left, other;
    size_t step = fuzz_u8(&in) % 40 + 1;
    enum proxy_state state = feed(in, in.len, &whole, &left);
    FUZZ_CHECK(feed(in, step, &pieces, &other) == state, "otherwise in pieces");
    if (state != PROXY_DONE)
        return;
    FUZZ_CHECK(left == other, "%zu and %zu left", left, other);
    FUZZ_CHECK(proxy_source(&whole, &a) == proxy_source(&pieces, &b), "sources");
    FUZZ_CHECK(memcmp(&a, &b, sizeof a) == 0, "sources");
}

/* ---- signatures */

struct shown {
    struct text signature, time, id, host;
};

static struct text header(const void *arg, const char *name)
{
    const struct shown *s = arg;
    if (strcmp(name, "host") == 0)
        return s->host;
    if (strstr(name, "time"))
        return s->time;
    if (strstr(name, "signature") || strstr(name, "hmac") || strcmp(name, "x-gitlab-token") == 0)
        return s->signature;
    return s->id;
}

static void fuzz_signature(struct text in)
{
    static const char *const rules[] = {
        "\"github\"",
        "\"gitlab\"",
        "\"shopify\"",
        "\"slack\"",
        "\"standard\"",
        "\"stripe\"",
        "\"svix\"",
        "\"twilio\"",
        ("{\"header\":\"x-signature\",\"secret\":\"S\",\"encoding\":\"base64\",\"signed\":"
         "\"<{timestamp}|{body}>\",\"timestamp_header\":\"x-time\",\"delivery_header\":\"x-id\"}")};
    struct signature_proof proof;
    char delivery[SIGNATURE_DELIVERY];
    cJSON *declared = json_parse(text_of(rules[fuzz_u8(&in) % ARRAY_LEN(rules)]), NULL);
    struct signature_rule *rule = signature_rule_new(declared, NULL);
    FUZZ_CHECK(rule, "a rule");
    struct shown shown = {fuzz_part(&in), maybe(fuzz_part(&in)), maybe(fuzz_part(&in)),
                          maybe(fuzz_part(&in))};
    struct text target = fuzz_part(&in), body = in.data ? in : TEXT("");
    cJSON *form = form_parse(body, NULL);
    struct signature_request q = {.header = header,
                                  .arg = &shown,
                                  .body = body,
                                  .target = target,
                                  .form = form,
                                  .now_ms = 1614265330000};
    /* 256 bits that no input holds: only the token scheme could ever be met, and not by this. */
    unsigned char key[32];
    id_sha256(body.data, body.len, key);
    struct text secret = {(const char *)key, sizeof key};
    enum signature got = signature_check(rule, &q, &secret, 1, &proof);
    FUZZ_CHECK(got != SIGNATURE_HOLDS, "it holds: %s", signature_word(got));
    if (signature_delivery(rule, &q, &proof, form, delivery))
        FUZZ_CHECK(strlen(delivery) < sizeof delivery, "long");
    cJSON_Delete(form);
    signature_rule_free(rule);
    cJSON_Delete(declared);
}

static void fuzz_network(struct text in)
{
    struct cidr net;
    struct error err = {0};
    if (cidr_parse(in, &net, &err))
        FUZZ_CHECK(net.bits <= 128 && cidr_holds(&net, &net.base), "%u", net.bits);
    else
        FUZZ_CHECK(err.text[0], "no reason");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text in = fuzz_text(data, size);
    uint8_t kind = fuzz_u8(&in);
    char *copy = fuzz_copy(in);
    struct text exact = {copy, in.len};
    if (kind == 'f')
        fuzz_forwarded(exact);
    else if (kind == 'p')
        fuzz_proxy(exact);
    else if (kind == 's')
        fuzz_signature(exact);
    else
        fuzz_network(exact);
    free(copy);
    return 0;
}
