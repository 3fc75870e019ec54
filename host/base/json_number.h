/* SPDX-License-Identifier: MIT */
/* json_number.h - numbers of JSON between their digits and their value. For json_*.c only; what
 * others ask of a number stands in json.h. Thread: any. */
#pragma once
#include "base/json.h"

enum {
    JSON_EXPONENT_MAX = 100000000, /* beyond it every number is 0 or no double */
    JSON_EXACT_DIGITS = 19         /* that a uint64_t holds, whichever they are */
};

/* A number while its digits are read: mantissa * 10^scale, exact unless digits were dropped. */
struct json_decimal {
    uint64_t mantissa;
    int64_t scale;
    int digits;
    bool negative, dropped;
};

/* scale_each: 0 for a digit before the point, -1 behind it. */
static inline void json_decimal_digit(struct json_decimal *d, char digit, int scale_each)
{
    if (d->digits == JSON_EXACT_DIGITS) {
        d->dropped = true;
        return;
    }
    d->mantissa = d->mantissa * 10 + (unsigned)(digit - '0');
    d->digits += d->mantissa != 0;
    d->scale += scale_each;
}

/* Of a number without point and exponent: whether it is within 64 bits. */
static inline bool json_decimal_int64(const struct json_decimal *d, int64_t *out)
{
    if (d->dropped || d->mantissa > (uint64_t)INT64_MAX + d->negative)
        return false;
    *out = (int64_t)(d->negative ? 0 - d->mantissa : d->mantissa);
    return true;
}

double json_slow_double(struct text text); /* any number; infinite beyond the range */

/* The nearest double; infinite beyond the range. text: the number as it was written. Up to 15
 * digits and up to 10^22 are exact doubles, so there one rounding does (Clinger, "How to read
 * floating point numbers accurately"). */
static inline double json_decimal_double(const struct json_decimal *d, struct text text)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (d->digits > 15 || d->scale < -22 || d->scale > 22)
        return json_slow_double(text);
    double value = d->negative ? -(double)d->mantissa : (double)d->mantissa;
    return d->scale < 0 ? value / powers[-d->scale] : value * powers[d->scale];
}

/* From here on an integer has digits that its double may not hold: such a number keeps its text in
 * the tree, as valuestring. */
#define JSON_NUMBER_KEEPS_TEXT 9007199254740992.0

/* A number of a tree, as it was written where it keeps that. */
void json_put_number_of(struct buf *b, const cJSON *number);
/* RFC 8785, but integers keep every digit: 9007199254740993 is not ...992. How a number was
 * written (1, 1.0, 1e0) makes no difference. */
void json_put_canonical_number(struct buf *b, const cJSON *number);
