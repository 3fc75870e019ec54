/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 17 };

/* The value is 0.DIGITS * 10^point; digits without zeros at either end. */
struct digits {
    char text[DIGITS_MAX + 1];
    int count, point;
};

static double to_double(const struct digits *d)
{
    char text[DIGITS_MAX + 16];
    snprintf(text, sizeof text, "0.%.*se%d", d->count, d->text, d->point);
    return strtod(text, NULL);
}

static void strip_zeros(struct digits *d)
{
    while (d->count > 1 && d->text[d->count - 1] == '0')
        d->count--;
}

/* value > 0, correctly rounded to `precision` digits. */
static void round_to(double value, int precision, struct digits *d)
{
    char text[DIGITS_MAX + 16];
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
        if (precision == DIGITS_MAX || to_double(d) == value)
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
        d->count = snprintf(d->text, sizeof d->text, "%lld", (long long)scaled);
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

/* One character that is not plain, at the front of rest; returns its bytes. */
static size_t put_special(struct buf *b, struct text rest)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    unsigned char c = (unsigned char)rest.data[0];
    if (c >= 0x80) {
        size_t step = text_utf8_step(rest);
        if (step)
            buf_add(b, rest.data, step);
        else
            buf_str(b, "\xef\xbf\xbd");
        return step ? step : 1;
    }
    const char *found = c ? strchr(from, c) : NULL;
    if (found) {
        char escape[2] = {'\\', to[found - from]};
        buf_add(b, escape, 2);
    } else {
        buf_printf(b, "\\u%04x", c);
    }
    return 1;
}

void json_put_string(struct buf *b, struct text value)
{
    const char *at = value.data ? value.data : "", *end = at + value.len;
    buf_char(b, '"');
    while (at < end) {
        const char *plain = text_json_plain(at, end);
        buf_add(b, at, (size_t)(plain - at));
        at = plain;
        if (at < end)
            at += put_special(b, (struct text){at, (size_t)(end - at)});
    }
    buf_char(b, '"');
}

void json_put_cstr(struct buf *b, const char *value)
{
    if (value)
        json_put_string(b, text_of(value));
    else
        buf_str(b, "null");
}

void json_field(struct buf *b, bool *first, const char *name)
{
    buf_char(b, *first ? '{' : ',');
    *first = false;
    json_put_cstr(b, name);
    buf_char(b, ':');
}

static void put_value(struct buf *b, const cJSON *value, int depth);

static void put_children(struct buf *b, const cJSON *value, int depth)
{
    bool object = cJSON_IsObject(value);
    if (depth == JSON_DEPTH_OUT) {
        b->full = true;
        return;
    }
    buf_char(b, object ? '{' : '[');
    for (const cJSON *child = value->child; child && !b->full; child = child->next) {
        if (child != value->child)
            buf_char(b, ',');
        if (object) {
            json_put_string(b, text_of(child->string ? child->string : ""));
            buf_char(b, ':');
        }
        put_value(b, child, depth + 1);
    }
    buf_char(b, object ? '}' : ']');
}

static void put_value(struct buf *b, const cJSON *value, int depth)
{
    switch (value ? value->type & 0xff : cJSON_NULL) {
    case cJSON_Object:
    case cJSON_Array:
        put_children(b, value, depth);
        break;
    case cJSON_String:
        json_put_cstr(b, value->valuestring);
        break;
    case cJSON_Number:
        json_put_number(b, value->valuedouble);
        break;
    case cJSON_True:
        buf_str(b, "true");
        break;
    case cJSON_False:
        buf_str(b, "false");
        break;
    case cJSON_Raw:
        buf_str(b, value->valuestring ? value->valuestring : "null");
        break;
    default:
        buf_str(b, "null");
    }
}

void json_put_tree(struct buf *b, const cJSON *value)
{
    put_value(b, value, 0);
}
