/* SPDX-License-Identifier: MIT */
/* json_number.h - numbers of JSON between their digits and their value. For json_*.c only; what
 * others ask of a number stands in json.h. Thread: any. */
#pragma once
#include "base/json.h"

enum {
    JSON_EXPONENT_MAX = 100000000, /* beyond it every number is 0 or no double */
    JSON_EXACT_DIGITS = 19         /* that a uint64_t holds, whichever they are */
};

/* A number whose digits are read: mantissa * 10^scale, where is_exact. */
struct json_decimal {
    uint64_t mantissa; /* overflows with more digits than JSON_EXACT_DIGITS */
    int64_t scale;
    size_t digits; /* zeros in front count as well */
    bool negative;
};

/* Adds the digits at `at` to the mantissa, and returns what stands behind them. */
static inline const char *json_decimal_digits(struct json_decimal *d, const char *at,
                                              const char *end)
{
    const char *first = at;
    uint64_t mantissa = d->mantissa;
    for (; at < end && (unsigned)(*at - '0') <= 9; at++)
        mantissa = mantissa * 10 + (unsigned)(*at - '0');
    d->mantissa = mantissa;
    d->digits += (size_t)(at - first);
    return at;
}

static inline bool json_decimal_is_exact(const struct json_decimal *d)
{
    return d->digits <= JSON_EXACT_DIGITS;
}

/* Of a number without point and exponent: whether it is within 64 bits. */
static inline bool json_decimal_int64(const struct json_decimal *d, int64_t *out)
{
    if (!json_decimal_is_exact(d) || d->mantissa > (uint64_t)INT64_MAX + d->negative)
        return false;
    *out = (int64_t)(d->negative ? 0 - d->mantissa : d->mantissa);
    return true;
}

double json_slow_double(struct text text); /* any number; infinite beyond the range */

/* The nearest double; infinite beyond the range. text: the number as it was written. A mantissa up
 * to 2^53 and a power up to 10^22 are exact doubles, so there one rounding does (Clinger, "How to
 * read floating point numbers accurately"). */
static inline double json_decimal_double(const struct json_decimal *d, struct text text)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    bool exact = json_decimal_is_exact(d) && d->mantissa <= (uint64_t)1 << 53;
    if (!exact || d->scale < -22 || d->scale > 22)
        return json_slow_double(text);
    double value = d->negative ? -(double)d->mantissa : (double)d->mantissa;
    return d->scale < 0 ? value / powers[-d->scale] : value * powers[d->scale];
}

/* From here on an integer has digits that its double may not hold: such a number keeps its text in
 * the tree, as valuestring. */
#define JSON_NUMBER_KEEPS_TEXT 9007199254740992.0

/* A number of a tree, as it was written where it keeps that. */
void json_put_number_of(struct buf *b, const cJSON *number);
/* RFC 8785, but integers keep every digit: 9007199254740993 is not ...992. With a point or an
 * exponent a number is its double: 1.0 and 1e0 are 1, 9007199254740993.0 is ...992. Within 64 bits
 * two numbers have the same form exactly if json_compare_numbers finds them equal. */
void json_put_canonical_number(struct buf *b, const cJSON *number);
