/* SPDX-License-Identifier: MIT */
#include "deploy/bundle.h"
#include "deploy/scan.h"
#include "folder.h"
#include "test.h"
#include "wire/frame.h"

static int open_folder(void **state)
{
    (void)state;
    folder_open();
    make_folder("support");
    make_folder("support/lib");
    make_folder("lib");
    return 0;
}

static int close_folder(void **state)
{
    (void)state;
    folder_close();
    return 0;
}

static struct bundle *read_refund(void)
{
    struct bundle *b = NULL;
    struct error err = {0};
    if (!bundle_read(folder_base, "support", "refund", &b, &err))
        fail_msg("%s", err.text);
    return b;
}

static void expect_error(const char *wanted)
{
    struct bundle *b = NULL;
    struct error err = {0};
    assert_false(bundle_read(folder_base, "support", "refund", &b, &err));
    assert_null(b);
    assert_string_equal(err.text, wanted);
}

static void modules_come_with_the_trigger(void **state)
{
    (void)state;
    write_file("support/refund.lua", "local http = require 'http'\nlocal m = require 'lib.mail'\n");
    write_file("support/lib/mail.lua", "return require 'lib.text'");
    write_file("lib/text.lua", "return require 'lib.mail'"); /* a circle is the runner's business */
    write_file("lib/mail.lua", "the project's own wins");
    struct bundle *b = read_refund();
    assert_string_equal(b->project, "support");
    assert_string_equal(b->key, "refund");
    assert_int_equal(b->count, 3);
    assert_string_equal(b->files[0].name, "support/refund.lua");
    assert_string_equal(b->files[0].path, "support/refund.lua");
    assert_string_equal(b->files[1].name, "lib.mail");
    assert_string_equal(b->files[1].path, "support/lib/mail.lua");
    assert_string_equal(b->files[1].source, "return require 'lib.text'");
    assert_int_equal(b->files[1].size, 25);
    assert_string_equal(b->files[2].name, "lib.text");
    assert_string_equal(b->files[2].path, "lib/text.lua");
    bundle_free(b);
}

static void links_are_followed(void **state)
{
    (void)state;
    make_folder("elsewhere");
    write_file("elsewhere/a.lua", "return require [[lib.b]]");
    write_file("elsewhere/b.lua", "return 1");
    make_link("support/refund.lua", "../elsewhere/a.lua");
    make_link("lib/b.lua", at("elsewhere/b.lua").path);
    struct bundle *b = read_refund();
    assert_int_equal(b->count, 2);
    assert_string_equal(b->files[1].source, "return 1");
    bundle_free(b);
}

static void missing_modules_are_named_with_their_line(void **state)
{
    (void)state;
    expect_error("support/refund.lua:1: opening: No such file or directory");
    write_file("support/refund.lua", "-- one\n\nlocal m = require 'lib.mail'");
    expect_error("support/refund.lua:3: module \"lib.mail\" not found: looked for "
                 "support/lib/mail.lua and lib/mail.lua");
    write_file("lib/mail.lua", "\nrequire 'lib.deeper'");
    expect_error("lib/mail.lua:2: module \"lib.deeper\" not found: looked for "
                 "support/lib/deeper.lua and lib/deeper.lua");
    write_file("support/refund.lua", "require 'lib.../../secret'");
    expect_error("support/refund.lua:1: module \"lib.../../secret\" must be lib.NAME, of letters, "
                 "digits, _ and -");
    write_file("support/refund.lua", "require 'lib.'");
    expect_error(
        "support/refund.lua:1: module \"lib.\" must be lib.NAME, of letters, digits, _ and -");
}

static void what_is_no_file_does_not_block(void **state)
{
    (void)state;
    must(mkfifo(at("support/refund.lua").path, 0644), "mkfifo");
    expect_error("support/refund.lua:1: this is no file");
    must(unlink(at("support/refund.lua").path), "unlink");
    make_folder("support/refund.lua");
    expect_error("support/refund.lua:1: this is no file");
}

static void sizes_are_limited(void **state)
{
    (void)state;
    char *large = mem_zero(1, BUNDLE_FILE_BYTES + 1);
    memset(large, ' ', BUNDLE_FILE_BYTES + 1);
    write_bytes("support/refund.lua", (struct text){large, BUNDLE_FILE_BYTES});
    bundle_free(read_refund());
    write_bytes("support/refund.lua", (struct text){large, BUNDLE_FILE_BYTES + 1});
    expect_error("support/refund.lua:1: the file is larger than 64 KB");

    struct buf many;
    buf_init(&many, BUNDLE_FILE_BYTES);
    for (int i = 0; i <= BUNDLE_MODULES; i++) {
        char path[64];
        snprintf(path, sizeof path, "lib/m%d.lua", i);
        buf_printf(&many, "require 'lib.m%d'\n", i);
        write_file(path, "return 1");
    }
    write_bytes("support/refund.lua", buf_view(&many));
    expect_error("support/refund.lua:65: more than 64 modules");
    many.len = (size_t)(strstr(many.data, "require 'lib.m64'") - many.data);
    write_bytes("support/refund.lua", buf_view(&many));
    struct bundle *b = read_refund();
    assert_int_equal(b->count, BUNDLE_MODULES + 1);
    bundle_free(b);

    for (int i = 0; i < 17; i++) {
        char path[64];
        snprintf(path, sizeof path, "lib/m%d.lua", i);
        write_bytes(path, (struct text){large, BUNDLE_FILE_BYTES});
    }
    expect_error("support/refund.lua:1: with the modules that it requires it exceeds 1024 KB");
    buf_done(&many);
    free(large);
}

static void hash_follows_names_and_contents(void **state)
{
    (void)state;
    unsigned char first[SHA256_BYTES];
    write_file("support/refund.lua", "return require 'lib.a'");
    write_file("lib/a.lua", "return 1");
    struct bundle *b = read_refund();
    memcpy(first, b->hash, sizeof first);
    bundle_free(b);
    b = read_refund();
    assert_memory_equal(first, b->hash, sizeof first);
    bundle_free(b);
    write_file("lib/a.lua", "return 2");
    b = read_refund();
    assert_memory_not_equal(first, b->hash, sizeof first);
    bundle_free(b);
    write_file("lib/a.lua", "return 1");
    make_link("support/again.lua", "refund.lua");
    struct error err = {0};
    assert_true(bundle_read(folder_base, "support", "again", &b, &err));
    assert_memory_not_equal(first, b->hash, sizeof first);
    bundle_free(b);
}

static void encoding_is_a_load_frame_and_comes_back(void **state)
{
    (void)state;
    struct error err = {0};
    write_bytes("support/refund.lua", TEXT("return require 'lib.a' --\0zero"));
    write_file("lib/a.lua", "");
    struct bundle *b = read_refund();
    struct buf out;
    buf_init(&out, FRAME_MAX);
    bundle_encode(b, &out);
    struct frame_reader in = {.rest = buf_view(&out)};
    assert_int_equal(frame_get_u32(&in), 2);
    assert_true(text_is(frame_get_bytes(&in), "support/refund.lua"));
    assert_int_equal(frame_get_bytes(&in).len, 30);
    struct bundle *back = bundle_decode(buf_view(&out), &err);
    assert_non_null(back);
    assert_string_equal(back->project, "support");
    assert_string_equal(back->key, "refund");
    assert_int_equal(back->count, 2);
    assert_int_equal(back->files[0].size, 30);
    assert_memory_equal(back->files[0].source, b->files[0].source, 31);
    assert_string_equal(back->files[1].name, "lib.a");
    assert_string_equal(back->files[1].source, "");
    assert_memory_equal(back->hash, b->hash, SHA256_BYTES);
    for (size_t len = 0; len < out.len; len++) {
        if (bundle_decode((struct text){out.data, len}, &err))
            fail_msg("%zu bytes of %zu were taken", len, out.len);
    }
    buf_char(&out, 'x');
    assert_null(bundle_decode(buf_view(&out), &err));
    bundle_free(b);
    bundle_free(back);
    buf_done(&out);
}

static void names_that_are_no_address_are_refused(void **state)
{
    (void)state;
    struct bundle *b = NULL;
    struct error err = {0};
    assert_false(bundle_read(folder_base, "..", "refund", &b, &err));
    assert_false(bundle_read(folder_base, "support", "../x", &b, &err));
    assert_false(bundle_read(folder_base, "", "x", &b, &err));
    struct buf out;
    buf_init(&out, 1024);
    frame_put_u32(&out, 1);
    frame_put_bytes(&out, TEXT("../refund.lua"));
    frame_put_bytes(&out, TEXT("return 1"));
    assert_null(bundle_decode(buf_view(&out), &err));
    buf_done(&out);
}

/* ---- the scan */

struct seen {
    struct buf found, bad;
};

static void on_found(void *arg, const char *project, const char *key, const char *path)
{
    struct seen *seen = arg;
    buf_printf(&seen->found, "%s|%s|%s\n", project, key, path);
}

static void on_bad(void *arg, const char *path, const char *why)
{
    struct seen *seen = arg;
    buf_printf(&seen->bad, "%s: %s\n", path, why);
}

static void scan_finds_triggers_and_nothing_else(void **state)
{
    static const char *const files[] = {
        "support/b.lua",       "support/a.lua",   "support/lib/mail.lua",
        "lib/text.lua",        "host.lua",        "stray.lua",
        "support/a.lua~",      "support/.#a.lua", "support/.a.lua.swp",
        "support/4913",        "support/#a.lua#", "support/notes.md",
        "support/my file.lua", ".git/hooks.lua",  "billing/Big_One-2.lua",
        "support/.lua",        "two words/x.lua",
    };
    struct seen seen;
    struct error err = {0};
    (void)state;
    make_folder(".git");
    make_folder("billing");
    make_folder("two words");
    make_folder("support/folder.lua");
    make_link("linked", "billing");
    make_link("support/dangling.lua", "nowhere.lua");
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        write_file(files[i], "");
    buf_init(&seen.found, 4096);
    buf_init(&seen.bad, 4096);
    assert_true(scan_triggers(folder_base, on_found, on_bad, &seen, &err));
    assert_string_equal(seen.found.data, "billing|Big_One-2|billing/Big_One-2.lua\n"
                                         "linked|Big_One-2|linked/Big_One-2.lua\n"
                                         "support|a|support/a.lua\n"
                                         "support|b|support/b.lua\n");
    assert_string_equal(
        seen.bad.data,
        "stray.lua: a trigger lies in the folder of its project\n"
        "support/my file.lua: its name may have letters, digits, _ and - only, at most 64\n"
        "two words: its name may have letters, digits, _ and - only, at most 64\n");
    assert_true(scan_triggers(folder_base, on_found, NULL, &seen, &err));
    assert_false(scan_triggers(at("nowhere").path, on_found, on_bad, &seen, &err));
    buf_done(&seen.found);
    buf_done(&seen.bad);
}

#define folder_test(name) cmocka_unit_test_setup_teardown(name, open_folder, close_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        folder_test(modules_come_with_the_trigger),
        folder_test(links_are_followed),
        folder_test(missing_modules_are_named_with_their_line),
        folder_test(what_is_no_file_does_not_block),
        folder_test(sizes_are_limited),
        folder_test(hash_follows_names_and_contents),
        folder_test(encoding_is_a_load_frame_and_comes_back),
        folder_test(names_that_are_no_address_are_refused),
        folder_test(scan_finds_triggers_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
