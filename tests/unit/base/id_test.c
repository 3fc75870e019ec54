/* SPDX-License-Identifier: MIT */
#include "base/hex.h"
#include "test.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/map.h"
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void id_is_prefix_time_and_chance(void **state)
{
    (void)state;
    char id[ID_BYTES];
    id_make(id, "run", 1469918176385); /* the example of the ULID specification: 01ARYZ6S41 */
    assert_int_equal(strlen(id), 4 + 26);
    assert_memory_equal(id, "run_01aryz6s41", 14);
    assert_int_equal(strspn(id + 4, "0123456789abcdefghjkmnpqrstvwxyz"), 26);
    id_make(id, "abcdefghijkl", (1LL << 48) - 1);
    assert_memory_equal(id, "abcdefghijkl_7zzzzzzzzz", 23);
    assert_int_equal(strlen(id), 39);
}

static void id_sorts_by_time(void **state)
{
    (void)state;
    char before[ID_BYTES], after[ID_BYTES];
    for (int64_t ms = 0; ms < 1LL << 47; ms = ms * 2 + 1) {
        id_make(before, "x", ms);
        id_make(after, "x", ms + 1);
        assert_true(strcmp(before, after) < 0);
    }
}

static void id_never_repeats(void **state)
{
    (void)state;
    struct map seen;
    int mark;
    char id[ID_BYTES];
    map_init(&seen);
    for (int i = 0; i < 10000; i++) {
        id_make(id, "run", 1);
        assert_null(map_put(&seen, text_of(id), &mark));
    }
    map_done(&seen);
}

static void id_differs_after_fork(void **state)
{
    (void)state;
    char mine[ID_BYTES], theirs[ID_BYTES];
    int pipes[2];
    id_make(mine, "run", 1); /* fills the pool that the child must not inherit */
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        id_make(theirs, "run", 1);
        _exit(write(pipes[1], theirs, sizeof theirs) == sizeof theirs ? 0 : 1);
    }
    assert_int_equal(read(pipes[0], theirs, sizeof theirs), sizeof theirs);
    id_make(mine, "run", 1);
    assert_string_not_equal(mine, theirs);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(pipes[0]);
    close(pipes[1]);
}

static void hash64_is_fnv1a(void **state)
{
    (void)state;
    assert_true(id_hash64("", 0) == 0xcbf29ce484222325);
    assert_true(id_hash64("a", 1) == 0xaf63dc4c8601ec8c);
    assert_true(id_hash64("foobar", 6) == 0x85944171f73967e8);
}

static void sha256_matches_the_published_vectors(void **state)
{
    (void)state;
    unsigned char digest[SHA256_BYTES];
    char hex[SHA256_HEX];
    id_sha256("abc", 3, digest);
    hex_encode(digest, sizeof digest, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    id_sha256(NULL, 0, digest);
    hex_encode(digest, sizeof digest, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void constant_time_comparison_compares(void **state)
{
    (void)state;
    assert_true(id_equal_constant_time("abcd", "abcd", 4));
    assert_false(id_equal_constant_time("abcd", "abce", 4));
    assert_true(id_equal_constant_time("abcd", "abce", 3));
    assert_true(id_equal_constant_time("", "x", 0));
}

static void keyed_hash_depends_on_every_byte_and_the_length(void **state)
{
    (void)state;
    char bytes[40] = {0};
    struct map seen;
    int mark;
    map_init(&seen);
    for (size_t len = 0; len < sizeof bytes; len++) {
        uint64_t hash = hash_keyed((struct text){bytes, len});
        assert_true(hash == hash_keyed((struct text){bytes, len}));
        assert_null(map_put(&seen, (struct text){(char *)&hash, sizeof hash}, &mark));
        for (size_t i = 0; i < len; i++) {
            bytes[i] ^= 1;
            uint64_t other = hash_keyed((struct text){bytes, len});
            assert_null(map_put(&seen, (struct text){(char *)&other, sizeof other}, &mark));
            bytes[i] ^= 1;
        }
    }
    map_done(&seen);
}

static int64_t fixed(void *arg)
{
    return *(int64_t *)arg;
}

static void clock_is_what_the_test_says(void **state)
{
    (void)state;
    int64_t now = 1234567;
    struct clock c = {fixed, fixed, &now};
    assert_int_equal(clock_wall_ms(&c), 1234567);
    assert_int_equal(clock_mono_us(&c), 1234567);
    assert_int_equal(clock_mono_ms(&c), 1234);
}

static void system_clock_runs_forward(void **state)
{
    (void)state;
    int64_t before = clock_mono_us(&clock_system);
    assert_true(clock_mono_us(&clock_system) >= before);
    assert_true(clock_wall_ms(&clock_system) > 1700000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(id_is_prefix_time_and_chance),
        cmocka_unit_test(id_sorts_by_time),
        cmocka_unit_test(id_never_repeats),
        cmocka_unit_test(id_differs_after_fork),
        cmocka_unit_test(hash64_is_fnv1a),
        cmocka_unit_test(sha256_matches_the_published_vectors),
        cmocka_unit_test(constant_time_comparison_compares),
        cmocka_unit_test(keyed_hash_depends_on_every_byte_and_the_length),
        cmocka_unit_test(clock_is_what_the_test_says),
        cmocka_unit_test(system_clock_runs_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
