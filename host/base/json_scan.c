/* SPDX-License-Identifier: MIT */
#include "base/json_scan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_ON_STACK = 128 };

void *json_scan_memory(void *memory)
{
    if (memory)
        return memory;
    fputs("moontide: out of memory while parsing JSON\n", stderr);
    abort();
}

/* "byte 5: expected a value but found 'x'" */
bool json_scan_unexpected(struct json_scan *s, const char *wanted)
{
    char found[16] = "the end";
    if (s->at < s->end) {
        unsigned char c = (unsigned char)*s->at;
        bool printable = c > ' ' && c < 0x7f;
        snprintf(found, sizeof found, printable ? "'%c'" : "byte 0x%02x", c);
    }
    return error_set(s->err, ERROR_INVALID, "byte %zu: expected %s but found %s",
                     (size_t)(s->at - s->start), wanted, found);
}

bool json_scan_refuse(struct json_scan *s, const char *at, const char *what)
{
    return error_set(s->err, ERROR_INVALID, "byte %zu: %s", (size_t)(at - s->start), what);
}

static bool is_digit(const struct json_scan *s)
{
    return s->at < s->end && *s->at >= '0' && *s->at <= '9';
}

/* Digits read so far: the value is mantissa * 10^scale, exact while digits <= 15. */
struct decimal {
    uint64_t mantissa;
    int digits, scale;
};

static bool parse_digits(struct json_scan *s, struct decimal *d, int scale_each)
{
    if (!is_digit(s))
        return json_scan_unexpected(s, "a digit");
    for (; is_digit(s); s->at++) {
        if (d->digits > 15)
            continue;
        d->mantissa = d->mantissa * 10 + (unsigned)(*s->at - '0');
        d->digits += d->mantissa != 0;
        d->scale += scale_each;
    }
    return true;
}

static bool parse_exponent(struct json_scan *s, struct decimal *d)
{
    s->at++;
    bool negative = s->at < s->end && *s->at == '-';
    if (s->at < s->end && (*s->at == '-' || *s->at == '+'))
        s->at++;
    if (!is_digit(s))
        return json_scan_unexpected(s, "a digit");
    int exponent = 0;
    for (; is_digit(s); s->at++) {
        if (exponent < 100000)
            exponent = exponent * 10 + (*s->at - '0');
    }
    d->scale += negative ? -exponent : exponent;
    return true;
}

/* The bytes are known to be a number; strtod wants them NUL-terminated. */
static double slow_number(const char *at, size_t len)
{
    char on_stack[NUMBER_ON_STACK];
    char *copy = len < sizeof on_stack ? on_stack : json_scan_memory(malloc(len + 1));
    memcpy(copy, at, len);
    copy[len] = '\0';
    double value = strtod(copy, NULL);
    if (copy != on_stack)
        free(copy);
    return value;
}

/* Up to 15 digits and up to 10^22 are exact doubles, so one rounding gives the nearest double
 * (Clinger, "How to read floating point numbers accurately"). */
static bool quick_number(const struct decimal *d, double *value)
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

bool json_scan_number(struct json_scan *s, cJSON *item)
{
    const char *first = s->at;
    bool negative = *s->at == '-';
    s->at += negative;
    struct decimal d = {0};
    if (s->at < s->end && *s->at == '0')
        s->at++;
    else if (!parse_digits(s, &d, 0))
        return false;
    if (is_digit(s))
        return json_scan_refuse(s, first, "a number starts with a superfluous 0");
    if (s->at < s->end && *s->at == '.') {
        s->at++;
        if (!parse_digits(s, &d, -1))
            return false;
    }
    if (s->at < s->end && (*s->at == 'e' || *s->at == 'E') && !parse_exponent(s, &d))
        return false;
    double value;
    if (quick_number(&d, &value))
        value = negative ? -value : value;
    else
        value = slow_number(first, (size_t)(s->at - first));
    if (!isfinite(value))
        return json_scan_refuse(s, first, "a number is beyond the range of a double");
    item->type = cJSON_Number;
    cJSON_SetNumberHelper(item, value);
    return true;
}

static int hex4(const char *at, const char *end)
{
    if (end - at < 4)
        return -1;
    int value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
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
    if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
    } else {
        if (c < 0x10000) {
            *out++ = (char)(0xe0 | c >> 12);
        } else {
            *out++ = (char)(0xf0 | c >> 18);
            *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        }
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
    }
    *out++ = (char)(0x80 | (c & 0x3f));
    return out;
}

/* s->at stands behind "\u". */
static bool parse_unicode(struct json_scan *s, char **out)
{
    const char *escape = s->at - 2;
    int unit = hex4(s->at, s->end);
    if (unit < 0)
        return json_scan_refuse(s, escape, "\\u wants four hexadecimal digits");
    s->at += 4;
    unsigned c = (unsigned)unit;
    if (unit >= 0xd800 && unit <= 0xdbff) {
        bool pair = s->end - s->at >= 6 && s->at[0] == '\\' && s->at[1] == 'u';
        int low = pair ? hex4(s->at + 2, s->end) : -1;
        if (low < 0xdc00 || low > 0xdfff)
            return json_scan_refuse(s, escape, "lone surrogate");
        s->at += 6;
        c = 0x10000 + (c - 0xd800) * 0x400 + ((unsigned)low - 0xdc00);
    } else if (unit >= 0xdc00 && unit <= 0xdfff) {
        return json_scan_refuse(s, escape, "lone surrogate");
    }
    if (c == 0)
        return json_scan_refuse(s, escape, "a string holds NUL (\\u0000)");
    *out = put_utf8(*out, c);
    return true;
}

/* s->at stands on the backslash. */
static bool parse_escape(struct json_scan *s, char **out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *escape = s->at;
    if (s->end - s->at < 2)
        return json_scan_refuse(s, escape, "a string does not end");
    char c = s->at[1];
    s->at += 2;
    if (c == 'u')
        return parse_unicode(s, out);
    const char *found = c ? strchr(from, c) : NULL;
    if (!found)
        return json_scan_refuse(s, escape, "unknown escape in a string");
    *(*out)++ = to[found - from];
    return true;
}

/* The quote that ends the string whose first byte is at, or NULL. Escapes only matter as far as \"
 * goes. */
static const char *find_quote(const char *at, const char *end)
{
    for (; at < end; at++) {
        if (*at == '"')
            return at;
        if (*at == '\\' && at + 1 < end)
            at++;
    }
    return NULL;
}

/* Everything but plain ASCII; out has room, as no escape is shorter than what it stands for. */
static bool decode_string(struct json_scan *s, char *out)
{
    while (*s->at != '"') {
        const char *plain = text_json_plain(s->at, s->end);
        memcpy(out, s->at, (size_t)(plain - s->at));
        out += plain - s->at;
        s->at = plain;
        unsigned char c = (unsigned char)*plain;
        if (c == '\\') {
            if (!parse_escape(s, &out))
                return false;
        } else if (c >= 0x80) {
            size_t step = text_utf8_step((struct text){plain, (size_t)(s->end - plain)});
            if (step == 0)
                return json_scan_refuse(s, plain, "invalid UTF-8");
            memcpy(out, plain, step);
            out += step;
            s->at += step;
        } else if (c < 0x20) {
            return json_scan_refuse(s, plain, "a string holds a raw control character");
        }
    }
    s->at++;
    *out = '\0';
    return true;
}

bool json_scan_string(struct json_scan *s, char **out)
{
    const char *opening = s->at++;
    const char *plain = text_json_plain(s->at, s->end);
    const char *quote = plain < s->end && *plain == '"' ? plain : find_quote(plain, s->end);
    if (!quote)
        return json_scan_refuse(s, opening, "a string does not end");
    size_t len = (size_t)(quote - s->at);
    *out = json_scan_memory(cJSON_malloc(len + 1));
    if (quote != plain) {
        **out = '\0';
        return decode_string(s, *out);
    }
    memcpy(*out, s->at, len);
    (*out)[len] = '\0';
    s->at = quote + 1;
    return true;
}
