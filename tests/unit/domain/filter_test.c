/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "domain/filter.h"
#include "domain/glob.h"
#include <stdlib.h>
#include <string.h>

static cJSON *parse(const char *text)
{
    struct error err;
    cJSON *tree = json_parse(text_of(text), &err);
    if (!tree)
        fail_msg("%s: %s", text, err.text);
    return tree;
}

static struct filter *compile(const char *conditions, struct error *err)
{
    cJSON *tree = parse(conditions);
    struct filter *f = filter_new(tree, err);
    cJSON_Delete(tree); /* the filter keeps nothing of it */
    return f;
}

/* The body that most rows are judged by. */
static const char order[] =
    "{\"amount\":99.5,\"zero\":0,\"name\":\"Zo\xc3\xab\",\"empty\":\"\",\"yes\":true,\"no\":false,"
    "\"nil\":null,\"tags\":[\"a\",2,{\"k\":1}],\"customer\":{\"tier\":\"gold\"},"
    "\"lines\":[{\"id\":7}],\"obj\":{\"a\":1,\"b\":2}}";

static bool passes(const char *conditions, const char *body)
{
    struct error err;
    struct filter *f = compile(conditions, &err);
    if (!f)
        fail_msg("%s: %s", conditions, err.text);
    cJSON *tree = body ? parse(body) : NULL;
    bool pass = filter_pass(f, tree, NULL, 0);
    cJSON_Delete(tree);
    filter_free(f);
    return pass;
}

static void integers_are_judged_digit_by_digit(void **state)
{
    (void)state;
    static const struct {
        const char *condition;
        bool pass;
    } rows[] = {
        {"[\"id\",\"=\",9007199254740993]", true},
        {"[\"id\",\"=\",9007199254740992]", false},
        {"[\"id\",\"=\",9007199254740993.0]", false}, /* a double: ...992 */
        {"[\"id\",\"~=\",9007199254740992]", true},
        {"[\"id\",\">\",9007199254740992]", true},
        {"[\"id\",\"<\",9007199254740994]", true},
        {"[\"id\",\"<=\",9007199254740992]", false},
        {"[\"id\",\">=\",9007199254740994]", false},
        {"[\"id\",\"in\",[9007199254740992,9007199254740993]]", true},
        {"[\"id\",\"in\",[9007199254740992,9007199254740994]]", false},
        {"[\"ids\",\"contains\",9223372036854775807]", true},
        {"[\"ids\",\"contains\",9223372036854775806]", false},
        {"[\"id\",\"<\",1e300]", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool pass =
            passes(rows[i].condition, "{\"id\":9007199254740993,\"ids\":[9223372036854775807]}");
        if (pass != rows[i].pass)
            fail_msg("%s", rows[i].condition);
    }
}

static void operators_judge_every_type(void **state)
{
    (void)state;
    static const struct {
        const char *condition;
        bool pass;
    } rows[] = {
        {"[\"amount\",\"=\",99.5]", true},
        {"[\"amount\",\"=\",\"99.5\"]", false},
        {"[\"zero\",\"=\",false]", false},
        {"[\"nil\",\"=\",null]", true},
        {"[\"yes\",\"=\",true]", true},
        {"[\"obj\",\"=\",{\"b\":2,\"a\":1}]", true},
        {"[\"obj\",\"=\",{\"a\":1}]", false},
        {"[\"gone\",\"=\",null]", false},
        {"[\"gone\",\"~=\",1]", true},
        {"[\"amount\",\"~=\",99.5]", false},
        {"[\"amount\",\"~=\",\"99.5\"]", true},

        {"[\"amount\",\"<\",100]", true},
        {"[\"amount\",\"<\",99.5]", false},
        {"[\"amount\",\"<=\",99.5]", true},
        {"[\"amount\",\">\",99]", true},
        {"[\"amount\",\">=\",99.5]", true},
        {"[\"amount\",\">=\",100]", false},
        {"[\"name\",\">\",\"Zo\"]", true},
        {"[\"name\",\"<\",\"a\"]", true},
        {"[\"name\",\"<\",1]", false},
        {"[\"amount\",\"<\",\"a\"]", false},
        {"[\"yes\",\">\",0]", false},
        {"[\"nil\",\"<\",1]", false},
        {"[\"gone\",\"<\",1]", false},
        {"[\"gone\",\">=\",1]", false},

        {"[\"customer.tier\",\"in\",[\"silver\",\"gold\"]]", true},
        {"[\"customer.tier\",\"in\",[\"Gold\"]]", false},
        {"[\"amount\",\"in\",[1,99.5]]", true},
        {"[\"nil\",\"in\",[null]]", true},
        {"[\"gone\",\"in\",[null]]", false},

        {"[\"tags\",\"contains\",\"a\"]", true},
        {"[\"tags\",\"contains\",2]", true},
        {"[\"tags\",\"contains\",\"2\"]", false},
        {"[\"name\",\"contains\",\"o\xc3\xab\"]", true},
        {"[\"name\",\"contains\",\"\"]", true},
        {"[\"name\",\"contains\",1]", false},
        {"[\"obj\",\"contains\",\"a\"]", false},
        {"[\"gone\",\"contains\",\"a\"]", false},

        {"[\"name\",\"starts\",\"Zo\"]", true},
        {"[\"name\",\"starts\",\"zo\"]", false},
        {"[\"empty\",\"starts\",\"\"]", true},
        {"[\"name\",\"ends\",\"\xc3\xab\"]", true},
        {"[\"empty\",\"ends\",\"x\"]", false},
        {"[\"amount\",\"starts\",\"9\"]", false},
        {"[\"tags\",\"ends\",\"a\"]", false},

        {"[\"name\",\"matches\",\"Z?\xc3\xab\"]", true},
        {"[\"name\",\"matches\",\"Z*\"]", true},
        {"[\"name\",\"matches\",\"z*\"]", false},
        {"[\"amount\",\"matches\",\"*\"]", false},
        {"[\"gone\",\"matches\",\"*\"]", false},

        {"[\"nil\",\"exists\",true]", true},
        {"[\"nil\",\"exists\"]", true},
        {"[\"nil\",\"exists\",false]", false},
        {"[\"gone\",\"exists\"]", false},
        {"[\"gone\",\"exists\",false]", true},

        {"[\"lines.0.id\",\"=\",7]", true},
        {"[\"lines.1.id\",\"exists\"]", false},
        {"[\"name.x\",\"exists\"]", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (passes(rows[i].condition, order) != rows[i].pass)
            fail_msg("%s", rows[i].condition);
    }
}

static void groups_combine(void **state)
{
    (void)state;
    static const struct {
        const char *conditions;
        bool pass;
    } rows[] = {
        {"[]", true},
        {"{}", true}, /* an empty Lua table may come as either */
        {"[[\"yes\",\"=\",true],[\"zero\",\"=\",0]]", true},
        {"[[\"yes\",\"=\",true],[\"zero\",\"=\",1]]", false},
        {"[{\"any\":[[\"zero\",\"=\",1],[\"yes\",\"=\",true]]}]", true},
        {"{\"any\":[[\"zero\",\"=\",1],[\"yes\",\"=\",false]]}", false},
        {"{\"any\":[[[\"zero\",\"=\",0],[\"yes\",\"=\",true]],[\"no\",\"=\",true]]}", true},
        {"{\"any\":[\"zero\",\"=\",0]}", true},
        {"[{\"not\":[\"zero\",\"=\",0]}]", false},
        {"[{\"not\":[[\"zero\",\"=\",0],[\"yes\",\"=\",false]]}]", true},
        {"[{\"not\":{\"any\":[[\"zero\",\"=\",1]]}}]", true},
        {"[{\"not\":[\"gone\",\"<\",1]}]", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (passes(rows[i].conditions, order) != rows[i].pass)
            fail_msg("%s", rows[i].conditions);
    }
}

static void a_missing_or_scalar_body_has_no_paths(void **state)
{
    (void)state;
    static const char *const bodies[] = {NULL, "7", "\"amount\"", "null", "[]"};
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        assert_false(passes("[[\"amount\",\"=\",7]]", bodies[i]));
        assert_true(passes("[[\"amount\",\"exists\",false]]", bodies[i]));
    }
}

static void mistakes_are_named_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *conditions, *text;
    } rows[] = {
        {"7", "filter: a condition {path, operator, value} is needed"},
        {"[7]", "filter[1]: a condition {path, operator, value} is needed"},
        {"[[\"a\",\"=\",1],[\"a\",\"=<\",1]]",
         "filter[2]: unknown operator \"=<\", did you mean \"<=\"?"},
        {"[[\"a\",\"==\",1]]", "filter[1]: unknown operator \"==\", did you mean \"=\"?"},
        {"[[\"a\",\"!=\",1]]", "filter[1]: unknown operator \"!=\", did you mean \"~=\"?"},
        {"[[\"a\",\"contain\",1]]",
         "filter[1]: unknown operator \"contain\", did you mean \"contains\"?"},
        {"[[\"a\",\"regexp-like\",1]]", "filter[1]: unknown operator \"regexp-like\""},
        {"[[\"a\",7,1]]", "filter[1]: the operator must be a string such as \"<\""},
        {"[[\"a\",\"=\"]]", "filter[1]: \"=\" needs a value behind it"},
        {"[[\"a\"]]", "filter[1]: a condition is {path, operator, value}"},
        {"[[\"a\",\"=\",1,2]]", "filter[1]: a condition is {path, operator, value}"},
        {"[[\"a\",\"<\",true]]", "filter[1]: \"<\" needs a number or a string behind it"},
        {"[[\"a\",\"in\",[]]]", "filter[1]: \"in\" needs a list of values behind it"},
        {"[[\"a\",\"in\",\"b\"]]", "filter[1]: \"in\" needs a list of values behind it"},
        {"[[\"a\",\"contains\",[]]]",
         "filter[1]: \"contains\" needs a string, number or boolean behind it"},
        {"[[\"a\",\"starts\",1]]", "filter[1]: \"starts\" needs a string behind it"},
        {"[[\"a\",\"exists\",1]]", "filter[1]: \"exists\" needs true or false behind it"},
        {"[[\"\",\"=\",1]]", "filter[1]: the path \"\" has an empty part"},
        {"[[\"a..b\",\"=\",1]]", "filter[1]: the path \"a..b\" has an empty part"},
        {"[{\"any\":[]}]", "filter[1].any: a list of conditions is needed"},
        {"[{\"any\":7}]", "filter[1].any: a list of conditions is needed"},
        {"[{\"any\":[[\"a\",\"=\",1],[\"a\",\"%\",1]]}]",
         "filter[1].any[2]: unknown operator \"%\", did you mean \"=\"?"},
        {"[{\"not\":[\"a\",\"in\",1]}]", "filter[1].not: \"in\" needs a list of values behind it"},
        {"[{\"nto\":[\"a\",\"in\",1]}]", "filter[1]: unknown group \"nto\", did you mean \"not\"?"},
        {"[{\"any\":[[\"a\",\"=\",1]],\"not\":[\"a\",\"=\",2]}]",
         "filter[1]: a group has one name, \"any\" or \"not\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;
        assert_null(compile(rows[i].conditions, &err));
        assert_string_equal(err.text, rows[i].text);
    }
}

static struct filter *repeated(const char *before, const char *what, const char *after, int times,
                               const char *middle, struct error *err)
{
    struct buf b;
    buf_init(&b, 65536);
    for (int i = 0; i < times; i++)
        buf_str(&b, before);
    buf_str(&b, what);
    for (int i = 0; i < times; i++)
        buf_str(&b, after);
    buf_str(&b, middle);
    struct filter *f = compile(b.data, err);
    buf_done(&b);
    return f;
}

static void limits_hold(void **state)
{
    (void)state;
    struct error err;
    struct filter *f =
        repeated("", "[[\"a\",\"=\",1]", ",[\"a\",\"=\",1]", 99, "]", &err); /* 100 conditions */
    assert_non_null(f);
    filter_free(f);
    assert_null(repeated("", "[[\"a\",\"=\",1]", ",[\"a\",\"=\",1]", 100, "]", &err));
    assert_string_equal(err.text, "filter: more than 100 conditions");
    f = repeated("[", "[\"a\",\"=\",1]", "]", 7, "", &err);
    assert_non_null(f);
    filter_free(f);
    assert_null(repeated("[", "[\"a\",\"=\",1]", "]", 8, "", &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_null(repeated("", "[[\"", "aaaaaaaaaaaaaaaaa", 16, "\",\"=\",1]]", &err));
    assert_string_equal(err.text, "filter[1]: the path is longer than 256 bytes");
    assert_null(repeated("", "[[\"a\",\"matches\",\"", "aaaaaaaaaaaaaaaa", 16, "\"]]", &err));
    assert_string_equal(err.text, "filter[1]: the pattern is longer than 255 bytes");
}

static void check_why(const char *conditions, size_t cap, const char *want)
{
    struct error err;
    struct filter *f = compile(conditions, &err);
    assert_non_null(f);
    cJSON *body = parse("{\"amount\":4711,\"secret\":\"hunter2\"}");
    char *why = malloc(cap);
    assert_false(filter_pass(f, body, why, cap));
    assert_string_equal(why, want);
    assert_null(strstr(why, "4711"));
    assert_null(strstr(why, "hunter2"));
    free(why);
    cJSON_Delete(body);
    filter_free(f);
}

static void why_shows_the_condition_and_never_the_body(void **state)
{
    (void)state;
    check_why("[[\"amount\",\"<\",100]]", 200, "amount < 100");
    check_why("[[\"amount\",\">\",1],[\"secret\",\"=\",\"x\"]]", 200, "secret = \"x\"");
    check_why("[[\"secret\",\"in\",[\"a\",\"b\"]]]", 200, "secret in [\"a\",\"b\"]");
    check_why("[{\"any\":[[\"a\",\"=\",1],[[\"b\",\"exists\"],[\"c\",\"=\",2]]]}]", 200,
              "any of (a = 1, all of (b exists true, c = 2))");
    check_why("[{\"not\":[\"amount\",\">\",1]}]", 200, "not (amount > 1)");
    check_why("[[\"amount\",\"<\",100]]", 9, "amount <");
    check_why("[[\"\xc3\xa9\xc3\xa9\",\"=\",1]]", 4, "\xc3\xa9"); /* no half characters */
    check_why("[[\"amount\",\"<\",100]]", 1, "");
}

static void why_is_empty_on_a_pass(void **state)
{
    (void)state;
    struct error err;
    struct filter *f = compile("[[\"a\",\"=\",1]]", &err);
    cJSON *body = parse("{\"a\":1}");
    char why[8] = "old";
    assert_true(filter_pass(f, body, why, sizeof why));
    assert_string_equal(why, "");
    cJSON_Delete(body);
    filter_free(f);
}

static void globs_match_whole_texts(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *subject;
        bool match;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"**", "abc", true},
        {"?", "", false},
        {"?", "a", true},
        {"?", "\xf0\x9f\x8c\x99", true},
        {"?", "ab", false},
        {"a*", "a", true},
        {"a*", "ba", false},
        {"*a", "bca", true},
        {"*a", "ab", false},
        {"*ab*ab", "abab", true},
        {"*ab*ab", "abb", false},
        {"*ab*ab", "ab", false},
        {"a?c*", "abcd", true},
        {"a?c*", "ac", false},
        {"*.jp?g", "x.jpeg", true},
        {"*\xc3\xab?", "Zo\xc3\xabx", true},
        {"*\xc3\xab?", "Zo\xc3\xaax", false},
        {"\xc3\xab\xe3\x81\x82*\xc3\xa9\xc3\xab", "\xc3\xab\xe3\x81\x82-\xc3\xa9\xc3\xab", true},
        {"\xc3\xab\xe3\x81\x82*\xc3\xa9\xc3\xab", "\xc3\xab\xe3\x81\x82-\xc3\xab\xc3\xab", false},
        {"[a]", "a", false},
        {"?*?", "a", false},
        {"?*?", "ab", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct glob *g = glob_new(text_of(rows[i].pattern));
        if (glob_match(g, text_of(rows[i].subject)) != rows[i].match)
            fail_msg("%s on %s", rows[i].pattern, rows[i].subject);
        glob_free(g);
    }
    assert_null(glob_new(TEXT("\xff")));
}

/* Textbook recursion, exponential but obvious. */
static bool slow_match(const char *pattern, const char *subject)
{
    if (!*pattern)
        return !*subject;
    if (*pattern == '*')
        return slow_match(pattern + 1, subject) || (*subject && slow_match(pattern, subject + 1));
    return *subject && (*pattern == '?' || *pattern == *subject) &&
           slow_match(pattern + 1, subject + 1);
}

static void globs_agree_with_the_obvious_matcher(void **state)
{
    (void)state;
    uint32_t seed = 12345;
    for (int round = 0; round < 20000; round++) {
        char pattern[8] = "", subject[10] = "";
        for (size_t i = 0; i < 1 + seed % 7; i++)
            pattern[i] = "ab?*"[(seed = seed * 1664525 + 1013904223) >> 30];
        pattern[7] = '\0';
        for (size_t i = 0; i < 9; i++)
            subject[i] = "ab"[(seed = seed * 1664525 + 1013904223) >> 31];
        subject[(seed >> 8) % 10] = '\0';
        struct glob *g = glob_new(text_of(pattern));
        if (glob_match(g, text_of(subject)) != slow_match(pattern, subject))
            fail_msg("%s on %s", pattern, subject);
        glob_free(g);
    }
}

static void long_patterns_cross_words(void **state)
{
    (void)state;
    char pattern[GLOB_BYTES + 1], subject[300];
    memset(pattern, 'a', sizeof pattern);
    memset(subject, 'a', sizeof subject);
    for (size_t len = 60; len <= GLOB_BYTES; len++) {
        struct glob *g = glob_new((struct text){pattern, len});
        assert_true(glob_match(g, (struct text){subject, len}));
        assert_false(glob_match(g, (struct text){subject, len - 1}));
        assert_false(glob_match(g, (struct text){subject, len + 1}));
        glob_free(g);
    }
    assert_null(glob_new((struct text){pattern, GLOB_BYTES + 1}));

    char foreign[GLOB_BYTES + 1]; /* as many different characters as fit */
    for (size_t i = 0; i < GLOB_BYTES - 1; i += 2) {
        size_t c = 0x7ff - i / 2;
        foreign[i] = (char)(0xc0 | c >> 6);
        foreign[i + 1] = (char)(0x80 | (c & 0x3f));
    }
    struct glob *g = glob_new((struct text){foreign, GLOB_BYTES - 1});
    assert_true(glob_match(g, (struct text){foreign, GLOB_BYTES - 1}));
    assert_false(glob_match(g, (struct text){foreign, GLOB_BYTES - 3}));
    glob_free(g);
}

/* A matcher that goes back would need 10^11 steps here and run into the test's time limit. */
static void a_hostile_text_costs_no_more_than_its_length(void **state)
{
    (void)state;
    char pattern[256] = "";
    for (int i = 0; i < 15; i++)
        strcat(pattern, "*aaaaaaaaaaaaaaab");
    assert_int_equal(strlen(pattern), 255);
    enum { BYTES = 4 << 20 };
    char *subject = malloc(BYTES);
    memset(subject, 'a', BYTES);
    struct glob *g = glob_new(text_of(pattern));
    assert_false(glob_match(g, (struct text){subject, BYTES}));
    glob_free(g);
    free(subject);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators_judge_every_type),
        cmocka_unit_test(integers_are_judged_digit_by_digit),
        cmocka_unit_test(groups_combine),
        cmocka_unit_test(a_missing_or_scalar_body_has_no_paths),
        cmocka_unit_test(mistakes_are_named_with_their_place),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(why_shows_the_condition_and_never_the_body),
        cmocka_unit_test(why_is_empty_on_a_pass),
        cmocka_unit_test(globs_match_whole_texts),
        cmocka_unit_test(globs_agree_with_the_obvious_matcher),
        cmocka_unit_test(long_patterns_cross_words),
        cmocka_unit_test(a_hostile_text_costs_no_more_than_its_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
