/* SPDX-License-Identifier: MIT */
/* Three notations of one number meet here: its text, its double, and the shortest digits that read
 * back as that double. */
#include "base/json_number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TWO_TO_63 9223372036854775808.0 /* cppcheck misreads 0x1p63 */

enum {
    DOUBLE_DIGITS = 17, /* are enough for every double */
    DIGITS_KEPT = 800,  /* more than the 767 that can decide between two doubles */
    NUMBER_ON_STACK = 128
};

/* The value is 0.DIGITS * 10^point; digits without zeros at either end. */
struct digits {
    char text[DIGITS_KEPT + 1];
    int count;
    int64_t point;
    bool dropped; /* digits other than 0 behind those that are kept */
};

static void strip_zeros(struct digits *d)
{
    while (d->count > 1 && d->text[d->count - 1] == '0')
        d->count--;
}

static void add_digit(struct digits *d, char digit, bool behind_point)
{
    bool leading = d->count == 0 && digit == '0';
    if (!leading && d->count < DIGITS_KEPT)
        d->text[d->count++] = digit;
    else if (digit != '0')
        d->dropped = true;
    if (behind_point && leading)
        d->point--;
    else if (!behind_point && !leading)
        d->point++;
}

/* text: a number, without its sign. */
static void digits_of_text(struct text text, struct digits *d)
{
    const char *at = text.data, *end = at + text.len;
    bool behind_point = false;
    d->count = 0;
    d->point = 0;
    d->dropped = false;
    for (; at < end && *at != 'e' && *at != 'E'; at++) {
        if (*at == '.')
            behind_point = true;
        else
            add_digit(d, *at, behind_point);
    }
    int64_t exponent = 0;
    bool negative = end - at > 1 && at[1] == '-';
    for (; at < end; at++) {
        if (*at >= '0' && *at <= '9' && exponent < JSON_EXPONENT_MAX)
            exponent = exponent * 10 + (*at - '0');
    }
    d->point += negative ? -exponent : exponent;
    strip_zeros(d);
}

static struct text without_sign(struct text number)
{
    bool negative = number.len > 0 && number.data[0] == '-';
    return (struct text){number.data + negative, number.len - negative};
}

/* ---- text to double */

/* strtod wants a NUL behind it, and a long text would need memory: what is behind the digits that
 * are kept matters only by being there. */
static double double_of_long_text(struct text text)
{
    struct digits d;
    char kept[DIGITS_KEPT + 32];
    digits_of_text(without_sign(text), &d);
    snprintf(kept, sizeof kept, "%s0.%.*s%se%lld", text.data[0] == '-' ? "-" : "", d.count, d.text,
             d.dropped ? "1" : "", (long long)d.point);
    return strtod(kept, NULL);
}

double json_slow_double(struct text text)
{
    char copy[NUMBER_ON_STACK];
    if (text.len >= sizeof copy)
        return double_of_long_text(text);
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return strtod(copy, NULL);
}

/* ---- double to text */

static double to_double(const struct digits *d)
{
    char text[DOUBLE_DIGITS + 32];
    snprintf(text, sizeof text, "0.%.*se%d", d->count, d->text, (int)d->point);
    return strtod(text, NULL);
}

/* value > 0, correctly rounded to `precision` digits. */
static void round_to(double value, int precision, struct digits *d)
{
    char text[DOUBLE_DIGITS + 16];
    snprintf(text, sizeof text, "%.*e", precision - 1, value);
    char *exponent = strchr(text, 'e');
    d->text[0] = text[0];
    d->count = 1;
    for (char *at = text + 2; at < exponent; at++)
        d->text[d->count++] = *at;
    d->point = atoi(exponent + 1) + 1;
}

/* The next decimal of the same length. */
static void round_up(struct digits *d)
{
    int i = d->count - 1;
    while (i >= 0 && d->text[i] == '9')
        d->text[i--] = '0';
    if (i >= 0) {
        d->text[i]++;
        return;
    }
    d->text[0] = '1';
    d->point++;
}

/* The fewest digits that read back as value > 0. Fewer than 15 need no search, as 15 digits always
 * survive a trip through a normal double and strip_zeros finds the rest; a subnormal holds less. */
static void shortest(double value, struct digits *d)
{
    int exponent;
    bool power_of_two = frexp(value, &exponent) == 0.5;
    for (int precision = isnormal(value) ? 15 : 1;; precision++) {
        round_to(value, precision, d);
        if (precision == DOUBLE_DIGITS || to_double(d) == value)
            break;
        /* Below a power of two doubles lie twice as dense, so the nearest decimal may miss on that
         * side while the next one above still hits. */
        if (!power_of_two)
            continue;
        round_up(d);
        if (to_double(d) == value)
            break;
    }
    strip_zeros(d);
}

/* ECMA-262, Number::toString, steps 6 to 10. */
static void put_digits(struct buf *b, const struct digits *d)
{
    static const char zeros[] = "000000000000000000000";
    size_t count = (size_t)d->count;
    if (d->point > 21 || d->point <= -6) {
        buf_char(b, d->text[0]);
        if (count > 1) {
            buf_char(b, '.');
            buf_add(b, d->text + 1, count - 1);
        }
        buf_str(b, d->point > 0 ? "e+" : "e");
        buf_int(b, d->point - 1);
    } else if (d->point <= 0) {
        buf_str(b, "0.");
        buf_add(b, zeros, (size_t)-d->point);
        buf_add(b, d->text, count);
    } else if (d->count <= d->point) {
        buf_add(b, d->text, count);
        buf_add(b, zeros, (size_t)d->point - count);
    } else {
        buf_add(b, d->text, (size_t)d->point);
        buf_char(b, '.');
        buf_add(b, d->text + d->point, count - (size_t)d->point);
    }
}

/* Prices and percentages: at most 15 digits, few of them behind the point. The quotient of two
 * exact doubles is the double nearest to that decimal, and no other decimal of 15 digits is. */
static bool quick_digits(double value, struct digits *d)
{
    if (!(value >= 1e-3 && value < 1e9))
        return false;
    static const double powers[] = {1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    for (size_t i = 0; i < ARRAY_LEN(powers); i++) {
        double scaled = round(value * powers[i]);
        if (scaled / powers[i] != value)
            continue;
        d->count = snprintf(d->text, DOUBLE_DIGITS + 1, "%lld", (long long)scaled);
        d->point = d->count - (int)(i + 1);
        return true;
    }
    return false;
}

void json_put_number(struct buf *b, double value)
{
    if (!isfinite(value)) {
        buf_str(b, "null");
        return;
    }
    if (fabs(value) <= 9007199254740992.0 && value == floor(value)) {
        buf_int(b, (int64_t)value);
        return;
    }
    if (value < 0)
        buf_char(b, '-');
    struct digits d;
    if (!quick_digits(fabs(value), &d))
        shortest(fabs(value), &d);
    put_digits(b, &d);
}

/* ---- numbers of a tree */

void json_put_number_of(struct buf *b, const cJSON *number)
{
    if (number->valuestring)
        buf_str(b, number->valuestring);
    else
        json_put_number(b, number->valuedouble);
}

static bool same_digits(const struct digits *a, const struct digits *b)
{
    return a->count == b->count && a->point == b->point &&
           memcmp(a->text, b->text, (size_t)a->count) == 0;
}

/* An integer beyond 64 bits. */
static void put_canonical_wide(struct buf *b, const cJSON *number)
{
    struct digits written, shown;
    digits_of_text(without_sign(text_of(number->valuestring)), &written);
    shortest(fabs(number->valuedouble), &shown);
    if (number->valuedouble < 0)
        buf_char(b, '-');
    if (same_digits(&written, &shown)) {
        put_digits(b, &shown);
        return;
    }
    buf_add(b, written.text, (size_t)written.count);
    for (int64_t zeros = written.point - written.count; zeros > 0; zeros--)
        buf_char(b, '0');
}

/* Whether it keeps its text and that is an integer: no point, no exponent. */
static bool has_integer_text(const cJSON *number)
{
    return number->valuestring && !strpbrk(number->valuestring, ".eE");
}

static bool int64_of_text(const char *at, int64_t *out)
{
    struct json_decimal d = {.negative = *at == '-'};
    json_decimal_digits(&d, at + d.negative, at + strlen(at));
    return json_decimal_int64(&d, out);
}

bool json_int64(const cJSON *number, int64_t *out)
{
    if (!cJSON_IsNumber(number))
        return false;
    if (has_integer_text(number))
        return int64_of_text(number->valuestring, out);
    double value = number->valuedouble;
    if (!(value >= -TWO_TO_63 && value < TWO_TO_63) || floor(value) != value)
        return false;
    *out = (int64_t)value;
    return true;
}

void json_put_canonical_number(struct buf *b, const cJSON *number)
{
    int64_t whole;
    if (json_int64(number, &whole))
        buf_int(b, whole);
    else if (has_integer_text(number))
        put_canonical_wide(b, number);
    else
        json_put_number(b, number->valuedouble);
}

/* An integer against a number that is none, or none within 64 bits. */
static int compare_with_double(int64_t a, double b)
{
    if (b >= TWO_TO_63)
        return -1;
    if (b < -TWO_TO_63)
        return 1;
    int64_t whole = (int64_t)floor(b);
    if (a != whole)
        return a < whole ? -1 : 1;
    return floor(b) < b ? -1 : 0;
}

int json_compare_numbers(const cJSON *a, const cJSON *b)
{
    double x = a->valuedouble, y = b->valuedouble;
    int64_t i, k;
    if (!a->valuestring && !b->valuestring)
        return (x > y) - (x < y);
    if (!json_int64(a, &i))
        return json_int64(b, &k) ? -compare_with_double(k, x) : (x > y) - (x < y);
    if (!json_int64(b, &k))
        return compare_with_double(i, y);
    return (i > k) - (i < k);
}
