/* SPDX-License-Identifier: MIT */
#include "runner/lib/lua_json_scan.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_ON_STACK = 64, EXACT_DIGITS = 19, SCRATCH_FIRST = 256 };

bool lua_json_scan_unexpected(struct lua_json_scan *s, const char *wanted)
{
    char found[16] = "the end";
    if (s->at < s->end) {
        unsigned char c = (unsigned char)*s->at;
        snprintf(found, sizeof found, c > ' ' && c < 0x7f ? "'%c'" : "byte 0x%02x", c);
    }
    return error_set(s->err, ERROR_INVALID, "byte %zu: expected %s but found %s",
                     (size_t)(s->at - s->start), wanted, found);
}

bool lua_json_scan_refuse(struct lua_json_scan *s, const char *at, const char *what)
{
    return error_set(s->err, ERROR_INVALID, "byte %zu: %s", (size_t)(at - s->start), what);
}

/* Memory that the collector owns, so that a kill or an error in the middle leaks nothing. */
static char *scratch(struct lua_json_scan *s, size_t bytes)
{
    if (bytes > s->scratch_bytes) {
        size_t grown = s->scratch_bytes ? s->scratch_bytes * 2 : SCRATCH_FIRST;
        s->scratch_bytes = grown > bytes ? grown : bytes;
        s->scratch = lua_newuserdatauv(s->L, s->scratch_bytes, 0);
        lua_replace(s->L, s->scratch_slot);
    }
    return s->scratch;
}

/* ---- numbers */

/* mantissa * 10^scale; exact while no digit was dropped. */
struct decimal {
    uint64_t mantissa;
    int digits, scale;
    bool dropped, integer;
};

static bool is_digit(const struct lua_json_scan *s)
{
    return s->at < s->end && (unsigned)(*s->at - '0') <= 9;
}

static bool scan_digits(struct lua_json_scan *s, struct decimal *d, int scale_each)
{
    if (!is_digit(s))
        return lua_json_scan_unexpected(s, "a digit");
    for (; is_digit(s); s->at++) {
        if (d->digits == EXACT_DIGITS) {
            d->dropped = true;
            continue;
        }
        d->mantissa = d->mantissa * 10 + (unsigned)(*s->at - '0');
        d->digits += d->mantissa != 0;
        d->scale += scale_each;
    }
    return true;
}

static bool scan_exponent(struct lua_json_scan *s, struct decimal *d)
{
    s->at++;
    bool negative = s->at < s->end && *s->at == '-';
    if (s->at < s->end && (*s->at == '-' || *s->at == '+'))
        s->at++;
    if (!is_digit(s))
        return lua_json_scan_unexpected(s, "a digit");
    int exponent = 0;
    for (; is_digit(s); s->at++) {
        if (exponent < 100000)
            exponent = exponent * 10 + (*s->at - '0');
    }
    d->scale += negative ? -exponent : exponent;
    return true;
}

static bool scan_decimal(struct lua_json_scan *s, struct decimal *d)
{
    const char *first = s->at;
    if (s->at < s->end && *s->at == '0')
        s->at++;
    else if (!scan_digits(s, d, 0))
        return false;
    if (is_digit(s))
        return lua_json_scan_refuse(s, first, "a number starts with a superfluous 0");
    if (s->at < s->end && *s->at == '.') {
        s->at++;
        d->integer = false;
        if (!scan_digits(s, d, -1))
            return false;
    }
    if (s->at == s->end || (*s->at != 'e' && *s->at != 'E'))
        return true;
    d->integer = false;
    return scan_exponent(s, d);
}

/* Up to 15 digits and up to 10^22 are exact doubles, so that one rounding gives the nearest double
 * (Clinger, "How to read floating point numbers accurately"). */
static bool quick_float(const struct decimal *d, double *value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (d->digits > 15 || d->scale < -22 || d->scale > 22)
        return false;
    *value = (double)d->mantissa;
    *value = d->scale < 0 ? *value / powers[-d->scale] : *value * powers[d->scale];
    return true;
}

/* The bytes are known to be a number; strtod wants them NUL-terminated. */
static double slow_float(struct lua_json_scan *s, const char *at, size_t len)
{
    char on_stack[NUMBER_ON_STACK];
    char *copy = len < sizeof on_stack ? on_stack : scratch(s, len + 1);
    memcpy(copy, at, len);
    copy[len] = '\0';
    return strtod(copy, NULL);
}

bool lua_json_scan_number(struct lua_json_scan *s)
{
    const char *first = s->at;
    bool negative = *s->at == '-';
    s->at += negative;
    struct decimal d = {.integer = true};
    if (!scan_decimal(s, &d))
        return false;
    if (d.integer && !d.dropped && d.mantissa <= (uint64_t)INT64_MAX + negative) {
        lua_pushinteger(s->L, (lua_Integer)(negative ? 0 - d.mantissa : d.mantissa));
        return true;
    }
    double value;
    if (!d.dropped && quick_float(&d, &value))
        value = negative ? -value : value;
    else
        value = slow_float(s, first, (size_t)(s->at - first));
    if (!isfinite(value))
        return lua_json_scan_refuse(s, first, "a number is beyond the range of a double");
    lua_pushnumber(s->L, value);
    return true;
}

/* ---- strings */

static int hex4(const char *at, const char *end)
{
    if (end - at < 4)
        return -1;
    int value = 0;
    for (int i = 0; i < 4; i++) {
        unsigned c = (unsigned char)at[i], folded = c | 0x20;
        int digit = c - '0' <= 9       ? (int)(c - '0')
                    : folded - 'a' < 6 ? (int)(folded - 'a') + 10
                                       : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

static char *put_utf8(char *out, unsigned c)
{
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    int extra = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    *out++ = (char)(lead[extra] | c >> 6 * extra);
    while (extra-- > 0)
        *out++ = (char)(0x80 | (c >> 6 * extra & 0x3f));
    return out;
}

/* s->at stands behind "\u". */
static bool decode_unicode(struct lua_json_scan *s, char **out)
{
    const char *escape = s->at - 2;
    int unit = hex4(s->at, s->end);
    if (unit < 0)
        return lua_json_scan_refuse(s, escape, "\\u wants four hexadecimal digits");
    s->at += 4;
    unsigned c = (unsigned)unit;
    if (unit >= 0xd800 && unit <= 0xdfff) {
        bool pair = unit < 0xdc00 && s->end - s->at >= 6 && s->at[0] == '\\' && s->at[1] == 'u';
        int low = pair ? hex4(s->at + 2, s->end) : -1;
        if (low < 0xdc00 || low > 0xdfff)
            return lua_json_scan_refuse(s, escape, "lone surrogate");
        s->at += 6;
        c = 0x10000 + (c - 0xd800) * 0x400 + ((unsigned)low - 0xdc00);
    }
    if (c == 0)
        return lua_json_scan_refuse(s, escape, "a string holds NUL (\\u0000)");
    *out = put_utf8(*out, c);
    return true;
}

/* s->at stands on the backslash. */
static bool decode_escape(struct lua_json_scan *s, char **out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *escape = s->at;
    if (s->end - s->at < 2)
        return lua_json_scan_refuse(s, escape, "a string does not end");
    char c = s->at[1];
    s->at += 2;
    if (c == 'u')
        return decode_unicode(s, out);
    const char *found = c ? strchr(from, c) : NULL;
    if (!found)
        return lua_json_scan_refuse(s, escape, "unknown escape in a string");
    *(*out)++ = to[found - from];
    return true;
}

/* Goes to the next quote or backslash; all before it stands for itself. */
static bool skip_literal(struct lua_json_scan *s, const char *opening)
{
    for (;;) {
        s->at = text_json_plain(s->at, s->end);
        if (s->at == s->end)
            return lua_json_scan_refuse(s, opening, "a string does not end");
        unsigned char c = (unsigned char)*s->at;
        if (c == '"' || c == '\\')
            return true;
        if (c < 0x20)
            return lua_json_scan_refuse(s, s->at, "a string holds a raw control character");
        size_t step = text_utf8_step((struct text){s->at, (size_t)(s->end - s->at)});
        if (step == 0)
            return lua_json_scan_refuse(s, s->at, "invalid UTF-8");
        s->at += step;
    }
}

/* The bytes from the first character to the quote that ends the string; decoding only shrinks. */
static size_t encoded_bytes(const char *first, const char *end)
{
    const char *at = first;
    while (at < end && *at != '"')
        at += *at == '\\' && at + 1 < end ? 2 : 1;
    return (size_t)(at - first);
}

/* s->at stands on the first backslash. */
static bool decode_string(struct lua_json_scan *s, const char *opening, size_t *len)
{
    const char *first = opening + 1;
    char *decoded = scratch(s, encoded_bytes(first, s->end)), *out = decoded;
    for (;;) {
        memcpy(out, first, (size_t)(s->at - first));
        out += s->at - first;
        if (*s->at == '"')
            break;
        if (!decode_escape(s, &out))
            return false;
        first = s->at;
        if (!skip_literal(s, opening))
            return false;
    }
    *len = (size_t)(out - decoded);
    return true;
}

bool lua_json_scan_string(struct lua_json_scan *s, struct text *view)
{
    const char *opening = s->at++;
    if (!skip_literal(s, opening))
        return false;
    const char *bytes = opening + 1;
    size_t len = (size_t)(s->at - bytes);
    if (*s->at == '\\') {
        if (!decode_string(s, opening, &len))
            return false;
        bytes = s->scratch;
    }
    s->at++;
    const char *pushed = lua_pushlstring(s->L, bytes, len);
    if (view)
        *view = (struct text){pushed, len};
    return true;
}
