/* SPDX-License-Identifier: MIT */
/* Patterns of schemas: PATTERN \f SUBJECT. What is accepted takes no more steps than it was given,
 * and says the same a second time; what is refused has a reason. */
#include "fuzz.h"

#include "domain/schema/regex.h"

enum { STEPS = 20000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text in = fuzz_text(data, size), pattern = fuzz_part(&in), subject = fuzz_part(&in);
    struct error err = {0};
    uint32_t steps = STEPS, again = STEPS;
    if (!text_utf8_ok(pattern) || !text_utf8_ok(subject)) /* they come from JSON */
        return 0;
    char *own = fuzz_copy(pattern), *own_subject = fuzz_copy(subject);
    struct regex *r = regex_new((struct text){own, pattern.len}, &err);
    FUZZ_CHECK(r || err.text[0], "refused without a reason");
    FUZZ_CHECK(r || text_utf8_ok(text_of(err.text)), "a reason that is not UTF-8");
    if (r) {
        struct text s = {own_subject, subject.len};
        enum regex_verdict first = regex_match(r, s, &steps);
        FUZZ_CHECK(steps <= STEPS, "%u steps left", steps);
        FUZZ_CHECK(first == regex_match(r, s, &again) && steps == again, "another answer");
        FUZZ_CHECK((first == REGEX_TOO_LONG) == (subject.len > REGEX_SUBJECT), "length");
    }
    regex_free(r);
    free(own);
    free(own_subject);
    return 0;
}
