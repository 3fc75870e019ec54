/* SPDX-License-Identifier: MIT */
/* The vectors are those of the senders' documentation where it has one. */
#include "test.h"

#include "domain/form.h"
#include "domain/proof/signature.h"
#include <string.h>

struct pair {
    const char *name, *value;
};

struct vector {
    const char *declared, *secret;
    struct pair headers[5];
    const char *body, *target;
    int64_t now_s;
    enum signature want;
    const char *delivery; /* NULL: none */
};

static struct text header(const void *arg, const char *name)
{
    const struct pair *p = arg;
    while (p->name && strcmp(p->name, name) != 0)
        p++;
    return text_of(p->value);
}

static struct signature_rule *rule_of(const char *declared)
{
    struct error err;
    cJSON *tree = json_parse(text_of(declared), &err);
    assert_non_null(tree);
    struct signature_rule *rule = signature_rule_new(tree, &err);
    if (!rule)
        fail_msg("%s: %s", declared, err.text);
    cJSON_Delete(tree);
    return rule;
}

#define GITHUB "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
#define SLACK_BODY                                                                             \
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id="     \
    "G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-" \
    "collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%"         \
    "2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121."           \
    "803a0bc887a14d10d2c447fce8b6703c"
#define SLACK_MAC  "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
#define STANDARD   "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
#define STANDARD_S "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define STRIPE_MAC "e135cdbed3dda004bf8a2fb350f2541d299393c770e0b9e6e319dc595e9072aa"
#define STANDARD_HEADERS(time, signatures)                                           \
    {                                                                                \
        {"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"}, {"webhook-timestamp", time}, \
        {                                                                            \
            "webhook-signature", signatures                                          \
        }                                                                            \
    }
#define STRIPE(signature) {{"stripe-signature", signature}}, "{\"id\":\"evt_1\"}", NULL

static const struct vector vectors[] = {
    /* docs.github.com: "Validating webhook deliveries" */
    {"\"github\"",
     "It's a Secret to Everybody",
     {{"x-hub-signature-256", GITHUB}, {"x-github-delivery", "72d3162e"}},
     "Hello, World!",
     NULL,
     0,
     SIGNATURE_HOLDS,
     "id:72d3162e"},
    {"\"github\"",
     "It's a Secret to Everybody",
     {{"x-hub-signature-256", GITHUB}},
     "Hello, World!",
     NULL,
     0,
     SIGNATURE_HOLDS,
     NULL},
    {"\"github\"",
     "It's a Secret to Everybody",
     {{"x-hub-signature-256", GITHUB}},
     "Hello, World?",
     NULL,
     0,
     SIGNATURE_WRONG,
     NULL},
    {"\"github\"",
     "It's a secret to everybody",
     {{"x-hub-signature-256", GITHUB}},
     "Hello, World!",
     NULL,
     0,
     SIGNATURE_WRONG,
     NULL},
    {"\"github\"",
     "It's a Secret to Everybody",
     {{"x-hub-signature-256", GITHUB "00"}},
     "Hello, World!",
     NULL,
     0,
     SIGNATURE_WRONG,
     NULL},
    {"\"github\"",
     "It's a Secret to Everybody",
     {{"x-hub-signature-256", "sha256="}},
     "Hello, World!",
     NULL,
     0,
     SIGNATURE_WRONG,
     NULL},
    {"\"github\"", "x", {{"x-hub-signature-256", "sha1=00"}}, "", NULL, 0, SIGNATURE_MISSING, NULL},
    {"\"github\"", "x", {{NULL, NULL}}, "", NULL, 0, SIGNATURE_MISSING, NULL},
    /* docs.slack.dev: "Verifying requests from Slack" */
    {"\"slack\"",
     "8f742231b10e8888abcd99yyyzzz85a5",
     {{"x-slack-signature", "v0=" SLACK_MAC}, {"x-slack-request-timestamp", "1531420618"}},
     SLACK_BODY,
     NULL,
     1531420618 + 300,
     SIGNATURE_HOLDS,
     "mac:" SLACK_MAC},
    {"\"slack\"",
     "8f742231b10e8888abcd99yyyzzz85a5",
     {{"x-slack-signature", "v0=" SLACK_MAC}, {"x-slack-request-timestamp", "1531420618"}},
     SLACK_BODY,
     NULL,
     1531420618 + 301,
     SIGNATURE_EXPIRED,
     NULL},
    {"\"slack\"",
     "8f742231b10e8888abcd99yyyzzz85a5",
     {{"x-slack-signature", "v0=" SLACK_MAC}, {"x-slack-request-timestamp", "1531420618"}},
     SLACK_BODY,
     NULL,
     1531420618 - 301,
     SIGNATURE_EXPIRED,
     NULL},
    {"\"slack\"",
     "8f742231b10e8888abcd99yyyzzz85a5",
     {{"x-slack-signature", "v0=" SLACK_MAC}, {"x-slack-request-timestamp", "1531420619"}},
     SLACK_BODY,
     NULL,
     1531420618,
     SIGNATURE_WRONG,
     NULL},
    {"\"slack\"",
     "8f742231b10e8888abcd99yyyzzz85a5",
     {{"x-slack-signature", "v0=" SLACK_MAC},
      {"x-slack-request-timestamp", "99999999999999999999"}},
     SLACK_BODY,
     NULL,
     1531420618,
     SIGNATURE_EXPIRED,
     NULL},
    {"\"slack\"",
     "8f742231b10e8888abcd99yyyzzz85a5",
     {{"x-slack-signature", "v0=" SLACK_MAC}},
     SLACK_BODY,
     NULL,
     1531420618,
     SIGNATURE_MISSING,
     NULL},
    /* the example of the Standard Webhooks specification */
    {"\"standard\"", STANDARD_S, STANDARD_HEADERS("1614265330", STANDARD), "{\"test\": 2432232314}",
     NULL, 1614265330, SIGNATURE_HOLDS, "id:msg_p5jXN8AQM9LWM0D4loKWxJek"},
    {"\"standard\"", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
     STANDARD_HEADERS("1614265330", "v1a,xxxx v1,AAAA " STANDARD), "{\"test\": 2432232314}", NULL,
     1614265330, SIGNATURE_HOLDS, "id:msg_p5jXN8AQM9LWM0D4loKWxJek"},
    {"\"standard\"", STANDARD_S, STANDARD_HEADERS("1614265331", STANDARD), "{\"test\": 2432232314}",
     NULL, 1614265330, SIGNATURE_WRONG, NULL},
    {"\"standard\"", STANDARD_S, STANDARD_HEADERS("1614265330", "v2,AAAA"), "{}", NULL, 1614265330,
     SIGNATURE_MISSING, NULL},
    {"\"standard\"", "not base64!", STANDARD_HEADERS("1614265330", STANDARD),
     "{\"test\": 2432232314}", NULL, 1614265330, SIGNATURE_WRONG, NULL},
    /* stripe.webhooks.generateTestHeaderString of npm stripe */
    {"\"stripe\"", "whsec_test_secret", STRIPE("t=1614265330,v1=" STRIPE_MAC), 1614265331,
     SIGNATURE_HOLDS, "id:evt_1"},
    {"\"stripe\"", "whsec_test_secret",
     STRIPE("t=1614265330,v1=00,v1=" STRIPE_MAC ",v0=" STRIPE_MAC), 1614265331, SIGNATURE_HOLDS,
     "id:evt_1"},
    {"\"stripe\"", "whsec_test_secret", STRIPE("t=1614265330,v0=" STRIPE_MAC), 1614265331,
     SIGNATURE_MISSING, NULL},
    {"\"stripe\"", "whsec_test_secret", STRIPE("t=1,t=1614265330,v1=" STRIPE_MAC), 1614265331,
     SIGNATURE_MISSING, NULL},
    {"\"stripe\"", "whsec_test_secret", STRIPE("t=1614265330,v1=" STRIPE_MAC), 1614265330 + 400,
     SIGNATURE_EXPIRED, NULL},
    /* twilio's own test; its port and scheme are guessed */
    {"\"twilio\"",
     "12345",
     {{"x-twilio-signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8="}, {"host", "mycompany.com:8443"}},
     "To=%2B18005551212&CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&Caller=%"
     "2B14158675309",
     "/myapp.php?foo=1&bar=2",
     0,
     SIGNATURE_HOLDS,
     NULL},
    {"\"twilio\"",
     "12345",
     {{"x-twilio-signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8="}, {"host", "mycompany.com"}},
     "To=%2B18005551213&CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&Caller=%"
     "2B14158675309",
     "/myapp.php?foo=1&bar=2",
     0,
     SIGNATURE_WRONG,
     NULL},
    {"\"twilio\"",
     "12345",
     {{"x-twilio-signature", "aQnK0M4E7fyT1PR1tH0ln5TgKqo="}, {"host", "mycompany.com"}},
     "{\"a\":1}",
     "/in?bodySHA256=015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862",
     0,
     SIGNATURE_HOLDS,
     NULL},
    {"\"twilio\"",
     "12345",
     {{"x-twilio-signature", "aQnK0M4E7fyT1PR1tH0ln5TgKqo="}, {"host", "mycompany.com"}},
     "{\"a\":2}",
     "/in?bodySHA256=015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862",
     0,
     SIGNATURE_WRONG,
     NULL},
    {"\"gitlab\"",
     "s3cret",
     {{"x-gitlab-token", "s3cret"}, {"idempotency-key", "k"}},
     "{}",
     NULL,
     0,
     SIGNATURE_HOLDS,
     "id:k"},
    {"\"gitlab\"", "s3cret", {{"x-gitlab-token", "s3cret "}}, "{}", NULL, 0, SIGNATURE_WRONG, NULL},
    {"\"gitlab\"", "s3cret", {{NULL, NULL}}, "{}", NULL, 0, SIGNATURE_MISSING, NULL},
    /* RFC 4231, test case 2, in a table of one's own */
    {"{\"header\":\"X-Sig\",\"secret\":\"S\",\"encoding\":\"base64\",\"algorithm\":\"sha512\"}",
     "Jefe",
     {{"x-sig", "Fkt6e/z4GeOjlfgnO1bOEKrYdQUWPqNzdwJisTghBzelvTh2UdS1g4fqoo3r6EiC+LOX7K+"
                "hck86ZoybzmNwVw=="}},
     "what do ya want for nothing?",
     NULL,
     0,
     SIGNATURE_WRONG,
     NULL},
    {"{\"header\":\"X-Sig\",\"secret\":\"S\",\"prefix\":\"v1=\"}",
     "Jefe",
     {{"x-sig", "v1=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"}},
     "what do ya want for nothing?",
     NULL,
     0,
     SIGNATURE_HOLDS,
     NULL},
};

static enum signature judge(const struct vector *v, const struct text *secrets, size_t count,
                            char delivery[SIGNATURE_DELIVERY], bool *named)
{
    struct signature_rule *rule = rule_of(v->declared);
    struct signature_proof proof;
    cJSON *form = strchr(v->body, '=') ? form_parse(text_of(v->body), NULL) : NULL;
    struct signature_request q = {.header = header,
                                  .arg = v->headers,
                                  .body = text_of(v->body),
                                  .target = text_of(v->target),
                                  .form = form,
                                  .now_ms = v->now_s * 1000};
    cJSON *tree = form ? form : json_parse(text_of(v->body), NULL);
    enum signature got = signature_check(rule, &q, secrets, count, &proof);
    *named = signature_delivery(rule, &q, &proof, tree, delivery);
    cJSON_Delete(tree);
    signature_rule_free(rule);
    return got;
}

static void published_vectors_hold_and_changed_ones_do_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        const struct vector *v = &vectors[i];
        char delivery[SIGNATURE_DELIVERY] = "";
        bool named;
        struct text secret = text_of(v->secret);
        enum signature got = judge(v, &secret, 1, delivery, &named);
        if (got != v->want)
            fail_msg("row %zu: %s, not %s", i, signature_word(got), signature_word(v->want));
        if (got == SIGNATURE_HOLDS && (named != (v->delivery != NULL)))
            fail_msg("row %zu: delivery \"%s\"", i, delivery);
        if (got == SIGNATURE_HOLDS && named)
            assert_string_equal(delivery, v->delivery);
    }
}

static void any_living_secret_is_enough(void **state)
{
    (void)state;
    char delivery[SIGNATURE_DELIVERY];
    bool named;
    struct text secrets[] = {TEXT("old"), TEXT("It's a Secret to Everybody"), TEXT("new")};
    assert_int_equal(judge(&vectors[0], secrets, 3, delivery, &named), SIGNATURE_HOLDS);
    assert_int_equal(judge(&vectors[0], secrets, 1, delivery, &named), SIGNATURE_WRONG);
    assert_int_equal(judge(&vectors[0], secrets, 0, delivery, &named), SIGNATURE_WRONG);
}

static void a_long_delivery_id_is_named_by_its_hash(void **state)
{
    (void)state;
    char id[401], delivery[SIGNATURE_DELIVERY];
    bool named;
    memset(id, 'x', 400);
    id[400] = 0;
    struct vector v = vectors[0];
    v.headers[1].value = id;
    struct text secret = text_of(v.secret);
    assert_int_equal(judge(&v, &secret, 1, delivery, &named), SIGNATURE_HOLDS);
    assert_true(named);
    assert_memory_equal(delivery, "id-hash:", 8);
    assert_int_equal(strlen(delivery), 8 + 64);
}

static void declarations_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *json, *err;
    } rows[] = {
        {"\"gihub\"", "unknown preset \"gihub\", did you mean \"github\"?"},
        {"true", "a preset such as \"github\" or a table is needed, not true"},
        {"{}", "a preset or a header is needed"},
        {"{\"preset\":\"github\",\"header\":\"x\"}", "header: the preset says that already"},
        {"{\"preset\":\"github\",\"secret\":\"lower\"}",
         "secret: a name such as \"GITHUB_WEBHOOK_SECRET\" is needed, or a list of such names"},
        {"{\"preset\":\"github\",\"secret\":[\"A\",\"B\",\"C\",\"D\",\"E\"]}",
         "secret: at most 4 names are taken"},
        {"{\"header\":\"x\"}", "secret: the name of a secret is needed"},
        {"{\"header\":\"x y\",\"secret\":\"S\"}", "header: the name of a header is needed"},
        {"{\"header\":\"x\",\"secret\":\"S\",\"algorithm\":\"md5\"}",
         "algorithm: \"md5\" is not known here"},
        {"{\"header\":\"x\",\"secret\":\"S\",\"signed\":\"{timestamp}\"}",
         "signed: a form such as \"{body}\" or \"{timestamp}.{body}\" is needed"},
        {"{\"header\":\"x\",\"secret\":\"S\",\"signed\":\"{time}{body}\"}",
         "signed: a form such as \"{body}\" or \"{timestamp}.{body}\" is needed"},
        {"{\"header\":\"x\",\"secret\":\"S\",\"timestamp_header\":\"t\"}",
         "timestamp_header and \"{timestamp}\" in signed go together"},
        {"{\"header\":\"x\",\"secret\":\"S\",\"signed\":\"{timestamp}.{body}\"}",
         "timestamp_header and \"{timestamp}\" in signed go together"},
        {"{\"heder\":\"x\",\"secret\":\"S\"}", "unknown field \"heder\", did you mean \"header\"?"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        cJSON *tree = json_parse(text_of(rows[i].json), &err);
        assert_null(signature_rule_new(tree, &err));
        assert_string_equal(err.text, rows[i].err);
        cJSON_Delete(tree);
    }
}

static void secrets_have_usual_names(void **state)
{
    (void)state;
    struct signature_rule *rule = rule_of("\"github\"");
    assert_string_equal(signature_secret(rule, 0), "GITHUB_WEBHOOK_SECRET");
    assert_null(signature_secret(rule, 1));
    signature_rule_free(rule);
    rule = rule_of("{\"preset\":\"github\",\"secret\":[\"A\",\"B\"]}");
    assert_string_equal(signature_secret(rule, 1), "B");
    signature_rule_free(rule);
}

static void slack_gets_its_challenge_back(void **state)
{
    (void)state;
    cJSON *tree = json_parse(TEXT("{\"type\":\"url_verification\",\"challenge\":\"3eZb\"}"), NULL);
    struct signature_rule *slack = rule_of("\"slack\""), *github = rule_of("\"github\"");
    assert_string_equal(signature_challenge(slack, tree), "3eZb");
    assert_null(signature_challenge(github, tree));
    assert_null(signature_challenge(slack, NULL));
    signature_rule_free(slack);
    signature_rule_free(github);
    cJSON_Delete(tree);
}

static void forms_become_flat_objects(void **state)
{
    (void)state;
    static const struct {
        const char *body, *json; /* NULL: refused */
    } rows[] = {
        {"", "{}"},
        {"a=1&b=x+y%2B", "{\"a\":\"1\",\"b\":\"x y+\"}"},
        {"a&&b=", "{\"a\":\"\",\"b\":\"\"}"},
        {"a=b=c", "{\"a\":\"b=c\"}"},
        {"a=%C3%A4", "{\"a\":\"\xc3\xa4\"}"},
        {"a=1&a=2", NULL},
        {"=1", NULL},
        {"a=%zz", NULL},
        {"a=%00", NULL},
        {"a=%FF", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        struct buf b;
        cJSON *tree = form_parse(text_of(rows[i].body), &err);
        if ((tree != NULL) != (rows[i].json != NULL))
            fail_msg("%s", rows[i].body);
        if (!tree)
            continue;
        buf_init(&b, 1 << 16);
        json_put_tree(&b, tree);
        assert_string_equal(b.data, rows[i].json);
        buf_done(&b);
        cJSON_Delete(tree);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors_hold_and_changed_ones_do_not),
        cmocka_unit_test(any_living_secret_is_enough),
        cmocka_unit_test(a_long_delivery_id_is_named_by_its_hash),
        cmocka_unit_test(declarations_are_checked),
        cmocka_unit_test(secrets_have_usual_names),
        cmocka_unit_test(slack_gets_its_challenge_back),
        cmocka_unit_test(forms_become_flat_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
