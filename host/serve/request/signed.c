/* SPDX-License-Identifier: MIT */
#include "serve/request/signed.h"

#include "auth/verify.h"
#include "base/log.h"
#include "domain/form.h"
#include "domain/proof/signature_code.h"

enum { REFUSED_MS = 5, REFUSED_MS_PER_MB = 10 };
enum { WARN_EVERY_MS = 60000, TARGET_MAX = 16 << 10, FORM_JSON_FACTOR = 8 };

static bool is_form(const struct request *q)
{
    struct text rest = exchange_header(q->x, "content-type");
    return text_is_fold(text_trim(text_cut(&rest, ';')), "application/x-www-form-urlencoded");
}

static struct text header(const void *arg, const char *name)
{
    return exchange_header(arg, name);
}

static const struct signature_rule *rule_of(const struct trigger *t)
{
    return t ? t->current->manifest->verify : NULL;
}

/* At most once a minute: strangers can make it happen. */
static void warn_missing(struct app *app, const struct trigger *t, const char *name)
{
    int64_t now_ms = clock_mono_ms(app->clock);
    if (app->warned_ms && now_ms - app->warned_ms < WARN_EVERY_MS)
        return;
    app->warned_ms = now_ms;
    log_warn(NULL,
             "\"a signed request was refused: there is no such secret\" trigger=%s/%s secret=%s",
             t->project, t->key, name);
}

/* A stranger shall not find out by the time it takes which triggers there are, which of them want a
 * signature and how many secrets they have. A request without a key is refused at a moment that
 * depends on the size of its body alone, by which the slowest check is over. */
static void refuse_late(struct request *q, int64_t begun_ms)
{
    int64_t body_kb = (int64_t)exchange_body(q->x).len >> 10;
    if (!q->authenticated)
        q->not_before_ms = begun_ms + REFUSED_MS + body_kb * REFUSED_MS_PER_MB / 1024;
    request_no(q, VERDICT_UNAUTHORIZED, NULL);
}

/* Until then other connections would feel a long body being hashed: it is for all. */
static void take_as_long(const struct request *q)
{
    unsigned char mac[SIGNATURE_MAC];
    struct text body = exchange_body(q->x);
    signature_mac(DIGEST_SHA256, TEXT("nobody"), &body, 1, mac);
}

static bool check(struct request *q, const struct trigger *t, const cJSON *form)
{
    struct buf target;
    const char *missing;
    struct text query = exchange_query(q->x);
    buf_init(&target, TARGET_MAX);
    buf_text(&target, exchange_path(q->x));
    if (query.data) {
        buf_char(&target, '?');
        buf_text(&target, query);
    }
    struct signature_request s = {.header = header,
                                  .arg = q->x,
                                  .body = exchange_body(q->x),
                                  .target = buf_view(&target),
                                  .form = form,
                                  .now_ms = clock_wall_ms(q->app->clock)};
    enum signature got = verify_request(q->app->engine->vault, rule_of(t), &s, &q->proof, &missing);
    buf_done(&target);
    if (got == SIGNATURE_MISSING) /* nothing was computed */
        take_as_long(q);
    if (missing)
        warn_missing(q->app, t, missing);
    if (got != SIGNATURE_HOLDS)
        log_debug(NULL, "\"signature refused\" trigger=%s/%s signature=%s peer=%s request=%s",
                  t->project, t->key, signature_word(got), exchange_peer(q->x),
                  exchange_request_id(q->x));
    return got == SIGNATURE_HOLDS;
}

bool signed_ok(struct request *q, const struct trigger *t)
{
    bool open = q->route->auth != AUTH_SIGNED || q->authenticated;
    int64_t begun_ms = clock_mono_ms(q->app->clock);
    if (open && !rule_of(t))
        return true;
    struct text body = exchange_body(q->x);
    cJSON *form = is_form(q) && body.data ? form_parse(body, NULL) : NULL;
    if (rule_of(t))
        open = check(q, t, form);
    else
        take_as_long(q);
    cJSON_Delete(form);
    if (!open)
        refuse_late(q, begun_ms);
    return open;
}

bool signed_body(struct request *q, cJSON **tree, struct buf *out, struct text *text)
{
    struct text body = exchange_body(q->x);
    struct error err;
    *text = body;
    if (!is_form(q)) {
        bool fine = request_media_ok(q) && request_object(q, tree);
        if (fine && !*tree)
            *text = TEXT_NONE;
        return fine;
    }
    *tree = form_parse(body, &err);
    if (!*tree) {
        struct refusal r = {.verdict = VERDICT_INVALID, .detail = err.text, .field = ""};
        request_refuse(q, &r);
        return false;
    }
    out->max = FORM_JSON_FACTOR * (body.len + 2);
    json_put_tree(out, *tree);
    *text = buf_view(out);
    return true;
}

bool signed_delivery(const struct request *q, const struct trigger *t, const cJSON *tree,
                     char out[SIGNATURE_DELIVERY])
{
    struct signature_request s = {.header = header, .arg = q->x};
    return rule_of(t) && signature_delivery(rule_of(t), &s, &q->proof, tree, out);
}
