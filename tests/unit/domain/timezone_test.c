/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "domain/timezone.h"
#include <stdio.h>
#include <string.h>

static const char list[] = "# version 2025b\n"
                           "R d 1916 o - Jun 14 23s 1 S\n"
                           "Z Asia/Kolkata 5:53:28 - LMT 1854 Jun 28\n"
                           "5:30 - IST\n"
                           "Z Etc/UTC 0 - UTC\n"
                           "Z Etc/GMT+1 -1 - %z\n"
                           "L Asia/Kolkata Asia/Calcutta\n"
                           "L Asia/Calcutta Old/Name\n"
                           "L Etc/UTC UTC\n"
                           "L Nowhere/Real Broken\n"
                           "L Loop/B Loop/A\n"
                           "L Loop/A Loop/B\n"
                           "L only\n"
                           "Z\n"
                           "L Etc/UTC Last";

static void names_become_canonical(void **state)
{
    (void)state;
    static const struct {
        const char *name, *canonical;
    } rows[] = {
        {"Asia/Kolkata", "Asia/Kolkata"},
        {"asia/KOLKATA", "Asia/Kolkata"},
        {"Asia/Calcutta", "Asia/Kolkata"},
        {"Old/Name", "Asia/Kolkata"}, /* a link to a link */
        {"UTC", "Etc/UTC"},
        {"Last", "Etc/UTC"},
        {"Etc/GMT+1", "Etc/GMT+1"},
        {"Broken", NULL},
        {"Loop/A", NULL},
        {"only", NULL},
        {"", NULL},
        {"+02:00", NULL},
        {"IST", NULL},
        {"../etc/passwd", NULL},
        {"Asia/Kolkata ", NULL},
    };
    struct timezones *z = timezones_parse(text_of(list));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *found = timezones_find(z, rows[i].name);
        if ((found != NULL) != (rows[i].canonical != NULL))
            fail_msg("%s", rows[i].name);
        if (found)
            assert_string_equal(found, rows[i].canonical);
    }
    timezones_free(z);
}

static void an_empty_list_knows_nothing(void **state)
{
    (void)state;
    struct timezones *z = timezones_parse(TEXT(""));
    assert_null(timezones_find(z, "UTC"));
    timezones_free(z);
    timezones_free(NULL);
}

static void shapes_keep_offsets_and_paths_out(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool ok;
    } rows[] = {
        {"Europe/Berlin", true},
        {"America/Argentina/Buenos_Aires", true},
        {"Etc/GMT+1", true},
        {"America/Port-au-Prince", true},
        {"UTC", true},
        {"Berlin", false},
        {"+02:00", false},
        {"UTC+2", false},
        {"../../etc/passwd", false},
        {"/etc/passwd", false},
        {"Europe/", false},
        {"Europe//Berlin", false},
        {"Europe/.", false},
        {"Europe/Ber lin", false},
        {"", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (timezone_shape_ok(rows[i].name) != rows[i].ok)
            fail_msg("%s", rows[i].name);
    }
    char longest[80];
    memset(longest, 'a', sizeof longest);
    longest[3] = '/';
    longest[79] = '\0';
    assert_false(timezone_shape_ok(longest));
}

/* Holds with the system's list and without it. */
static void the_system_knows_berlin_and_no_offset(void **state)
{
    (void)state;
    assert_string_equal(timezone_canonical("Europe/Berlin"), "Europe/Berlin");
    static const char *const bad[] = {"+02:00", "-05:00", "UTC+2", "../UTC", "", "Z", "2"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_null(timezone_canonical(bad[i]));
}

/* Where the system has a list; the links are in it also where their files are another package. */
static void old_names_of_the_system_lead_to_their_zones(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"US/Eastern", "America/New_York"},
        {"us/EASTERN", "America/New_York"},
        {"Asia/Calcutta", "Asia/Kolkata"},
        {"Asia/Saigon", "Asia/Ho_Chi_Minh"},
        {"Europe/Kiev", "Europe/Kyiv"},
        {"GB", "Europe/London"},
        {"Etc/Zulu", "Etc/UTC"},
        {"America/Buenos_Aires", "America/Argentina/Buenos_Aires"},
    };
    FILE *list = fopen("/usr/share/zoneinfo/tzdata.zi", "re");
    if (!list)
        skip();
    fclose(list);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *found = timezone_canonical(rows[i][0]);
        if (!found)
            fail_msg("%s", rows[i][0]);
        assert_string_equal(found, rows[i][1]);
    }
    static const char *const bad[] = {"US/../US/Eastern", "US/Eastern/", "/US/Eastern",
                                      "US//Eastern",      "US\\Eastern", "Factory ",
                                      "tzdata.zi",        "posix/UTC"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_null(timezone_canonical(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_canonical),
        cmocka_unit_test(an_empty_list_knows_nothing),
        cmocka_unit_test(shapes_keep_offsets_and_paths_out),
        cmocka_unit_test(old_names_of_the_system_lead_to_their_zones),
        cmocka_unit_test(the_system_knows_berlin_and_no_offset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
