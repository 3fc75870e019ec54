/* SPDX-License-Identifier: MIT */
/* The hostile scripts of tests/fault/scripts in a runner that loads each file anew and in one that
 * copies its image: both say the same. (So does the determinism test, of scripts that wait.) */
#define RIG_REAL_LUALIB
#include "harness.h"

#include <dirent.h>
#include <libgen.h>

enum { LIBRARIES = 32 };

static char folder[4096];

static char *read_whole(const char *name)
{
    char path[sizeof folder + 300];
    struct buf text;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    buf_init(&text, 1 << 20);
    assert_true(buf_reserve(&text, 64 << 10));
    text.len = fread(text.data, 1, (64 << 10) - 1, f);
    text.data[text.len] = '\0';
    fclose(f);
    return buf_take(&text);
}

/* The scripts' own modules, behind the trigger's file. */
static void add_libraries(struct rig_file *files)
{
    char path[sizeof folder + 8], name[300];
    size_t count = 1;
    snprintf(path, sizeof path, "%s/lib", folder);
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) && count < LIBRARIES;) {
        if (*e->d_name == '.')
            continue;
        snprintf(name, sizeof name, "lib/%s", e->d_name);
        files[count++] = (struct rig_file){strdup(name), read_whole(name)};
    }
    closedir(d);
}

/* When the processor's time is over depends on the processor: what was said until then, and where,
 * is no question of images. Nor is how much of the memory an image needs. */
static bool depends_on_the_machine(const char *said)
{
    return strstr(said, " failed limit.cpu ") || strstr(said, " failed limit.memory ");
}

/* Two runs of it, the second in the slot of the first. */
static char *say(const struct rig_file *files, bool images)
{
    struct rig rig;
    struct buf said;
    rig_init(&rig);
    rig.loop.images.off = !images;
    buf_init(&said, 64 << 20);
    rig_load_files(&rig, 1, files);
    buf_str(&said, rig_go(&rig));
    for (uint64_t run = 1; run <= 2 && !depends_on_the_machine(said.data); run++) {
        struct frame_start s = rig_defaults;
        s.cpu_ms = 20;
        s.memory_bytes = 4 << 20;
        s.event = TEXT("{\"body\":{\"n\":1,\"list\":[1,2]},\"inputs\":{\"n\":1}}");
        frame_put_start(&rig.in, run, &s);
        buf_str(&said, rig_go(&rig));
        rig_put(&rig, FRAME_DROP, run);
        rig_go(&rig);
    }
    rig_done(&rig);
    return buf_take(&said);
}

/* True: it was run, and said the same. */
static bool check(const char *name, struct rig_file *files)
{
    bool compared = false;
    char *source = read_whole(name);
    bool kills = strstr(source, "-- runner: dies") || strstr(source, "--[[repeat") ||
                 strstr(source, "--[[number") || strstr(name, "flood");
    files[0] = (struct rig_file){"p/k.lua", source};
    if (!kills) {
        char *loaded = say(files, false), *copied = say(files, true);
        compared = !depends_on_the_machine(loaded) && !depends_on_the_machine(copied);
        if (compared && strcmp(loaded, copied) != 0)
            fail_msg("%s\nloaded: %.2000s\ncopied: %.2000s", name, loaded, copied);
        compared = compared && strstr(loaded, "1 loaded");
        free(loaded);
        free(copied);
    }
    free(source);
    return compared;
}

static void hostile_scripts_cannot_tell_an_image_from_a_load(void **state)
{
    (void)state;
    struct rig_file files[LIBRARIES + 1] = {{0}};
    int count = 0;
    add_libraries(files);
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        if (!strstr(e->d_name, ".lua"))
            continue;
        count += check(e->d_name, files);
    }
    closedir(d);
    for (size_t i = 1; files[i].name; i++) {
        free((char *)files[i].name);
        free((char *)files[i].source);
    }
    print_message("%d compared\n", count);
    assert_in_range(count, 100, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_scripts_cannot_tell_an_image_from_a_load),
    };
    char here[] = __FILE__;
    snprintf(folder, sizeof folder, "%s/../../fault/scripts", dirname(here));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
