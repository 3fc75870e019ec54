/* SPDX-License-Identifier: MIT */
/* admission_bench - CPU time of what stands before a run, for a body of 1 kB, one stage at a time:
 * reading the JSON, finding the API key among a hundred, checking the input schema, hashing the
 * canonical form. Prints one line a stage, microseconds a request (the best of many batches), and
 * the sum of the last three. Built as build/tests/bench_admission; tests/bench/run.sh runs it. */
#include "auth/keyring.h"
#include "base/json.h"
#include "base/timers.h"
#include "domain/schema/schema.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 256, BATCHES = 400, KEYS = 100 };

static const char body_text[] =
    "{\"ticketId\":\"T-1042\",\"amount\":42.5,\"currency\":\"EUR\",\"urgent\":false,\"attempt\":3,"
    "\"message\":\"The parcel came without its content, what now? It was bought as a present, and "
    "the day it is meant for is this Friday. I have written twice and had no answer: the first "
    "time by the form on the page, the second time by mail. Please send it again or give the money "
    "back, but tell me which of the two it will be, since I would else buy it in town. The number "
    "of the order is on the slip that lay in the box, and the slip is all that lay in the box: a "
    "photograph of both is with the mail.\","
    "\"customer\":{\"id\":\"c_7781\",\"name\":\"Ada Lovelace\",\"tier\":\"gold\",\"email\":"
    "\"ada@example.org\",\"since\":\"2019-04-01\"},\"tags\":[\"parcel\",\"missing\",\"refund\"],"
    "\"lines\":[{\"sku\":\"A-1\",\"title\":\"A wooden box with a lid\",\"count\":1,\"price\":19.5},"
    "{\"sku\":\"B-22\",\"title\":\"Ribbon, red, three metres\",\"count\":2,\"price\":11.5}],"
    "\"address\":{\"street\":\"12 St James's Square\",\"city\":\"London\",\"zip\":\"SW1Y 4JH\","
    "\"country\":\"GB\"},\"source\":\"shop\",\"locale\":\"en-GB\",\"page\":\"/orders/T-1042\"}";

static const char schema_text[] =
    "{\"ticketId\":{\"type\":\"string\",\"max\":32},\"amount\":{\"type\":\"number\",\"min\":0,"
    "\"max\":10000},\"currency\":{\"type\":\"string\",\"enum\":[\"EUR\",\"GBP\",\"USD\"]},"
    "\"urgent\":\"boolean\",\"attempt\":\"integer\",\"message\":{\"type\":\"string\",\"max\":2000},"
    "\"customer\":{\"type\":\"object\",\"fields\":{\"id\":\"string\",\"name\":\"string\","
    "\"tier\":{\"type\":\"string\",\"enum\":[\"bronze\",\"silver\",\"gold\"]},"
    "\"email\":\"string\"}},\"tags\":{\"type\":\"array\",\"items\":\"string\",\"max\":10},"
    "\"lines\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"fields\":{\"sku\":\"string\","
    "\"title\":\"string\",\"count\":\"integer\",\"price\":\"number\"}}},"
    "\"address\":{\"type\":\"object\",\"fields\":{\"street\":\"string\",\"city\":\"string\","
    "\"zip\":\"string\",\"country\":{\"type\":\"string\",\"max\":2}}}}";

struct bench {
    struct keyring ring;
    char secrets[KEYS][API_KEY_BYTES];
    unsigned next;
    struct schema *schema;
    cJSON *body;
};

static void read_json(struct bench *b)
{
    (void)b;
    struct error err;
    cJSON *tree = json_parse(text_of(body_text), &err);
    if (!tree)
        abort();
    cJSON_Delete(tree);
}

static void authenticate(struct bench *b)
{
    if (!keyring_find(&b->ring, text_of(b->secrets[b->next++ % KEYS])))
        abort();
}

static void validate(struct bench *b)
{
    char field[256];
    struct error err;
    if (!schema_check(b->schema, b->body, field, sizeof field, &err)) {
        fprintf(stderr, "%s: %s\n", field, err.text);
        abort();
    }
}

/* As engine/fire.c does it for `unique` and Idempotency-Key. */
static void fingerprint(struct bench *b)
{
    struct buf canonical;
    unsigned char hash[SHA256_BYTES];
    buf_init(&canonical, 1 << 20);
    json_put_canonical(&canonical, b->body);
    id_sha256(canonical.data, canonical.len, hash);
    buf_done(&canonical);
}

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double measure(const char *name, void (*stage)(struct bench *b), struct bench *b)
{
    double best = 1e9;
    for (int batch = 0; batch < BATCHES; batch++) {
        double from = cpu_us();
        for (int i = 0; i < BATCH; i++)
            stage(b);
        double each = (cpu_us() - from) / BATCH;
        best = each < best ? each : best;
    }
    printf("  %-32s %6.2f us\n", name, best);
    return best;
}

static void fill_ring(struct bench *b, struct timers *timers)
{
    struct keyring *r = &b->ring;
    r->timers = timers;
    r->keys = calloc(KEYS, sizeof *r->keys);
    if (!r->keys)
        abort();
    r->count = KEYS;
    map_init(&r->by_hash);
    for (int i = 0; i < KEYS; i++) {
        struct api_key *key = &r->keys[i];
        api_key_secret(b->secrets[i]);
        api_key_hash(text_of(b->secrets[i]), key->hash);
        map_put(&r->by_hash, (struct text){(char *)key->hash, sizeof key->hash}, key);
    }
}

int main(void)
{
    static struct bench b;
    struct timers timers;
    uv_loop_t loop;
    struct error err;
    uv_loop_init(&loop);
    timers_init(&timers, &loop, &clock_system);
    fill_ring(&b, &timers);
    b.body = json_parse(text_of(body_text), &err);
    cJSON *declared = json_parse(text_of(schema_text), &err);
    b.schema = declared ? schema_new(declared, &err) : NULL;
    if (!b.body || !b.schema) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    printf("a body of %zu bytes\n", sizeof body_text - 1);
    measure("reading the JSON", read_json, &b);
    double sum = measure("authentication (100 keys)", authenticate, &b);
    sum += measure("validation (input schema)", validate, &b);
    sum += measure("canonical form and its hash", fingerprint, &b);
    printf("  %-32s %6.2f us\n", "the last three (at most 10)", sum);
    return 0;
}
