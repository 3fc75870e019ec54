/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

struct text text_of(const char *s)
{
    return s ? (struct text){s, strlen(s)} : TEXT_NONE;
}

bool text_eq(struct text a, struct text b)
{
    if (!a.data || !b.data)
        return a.data == b.data;
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

bool text_is(struct text a, const char *s)
{
    return text_eq(a, text_of(s));
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool text_is_fold(struct text a, const char *s)
{
    if (!a.data || !s)
        return !a.data && !s;
    if (strlen(s) != a.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.data[i]) != lower(s[i]))
            return false;
    }
    return true;
}

void text_lower(char *s)
{
    for (; *s; s++)
        *s = lower(*s);
}

bool text_starts(struct text a, const char *prefix)
{
    size_t len = strlen(prefix);
    return a.data && a.len >= len && memcmp(a.data, prefix, len) == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct text text_trim(struct text a)
{
    while (a.len > 0 && is_blank(a.data[0])) {
        a.data++;
        a.len--;
    }
    while (a.len > 0 && is_blank(a.data[a.len - 1]))
        a.len--;
    return a;
}

struct text text_cut(struct text *rest, char sep)
{
    struct text part = *rest;
    const char *at = part.len ? memchr(part.data, sep, part.len) : NULL;
    if (!at) {
        *rest = TEXT_NONE;
        return part;
    }
    part.len = (size_t)(at - part.data);
    rest->data = at + 1;
    rest->len -= part.len + 1;
    return part;
}

bool text_u64(struct text a, uint64_t *out)
{
    if (a.len == 0)
        return false;
    uint64_t n = 0;
    for (size_t i = 0; i < a.len; i++) {
        unsigned digit = (unsigned char)a.data[i] - (unsigned)'0';
        if (digit > 9 || n > (UINT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *out = n;
    return true;
}

size_t text_utf8_step(struct text a)
{
    /* RFC 3629, section 4. */
    static const struct {
        unsigned char first, last, second_min, second_max, bytes;
    } shapes[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    const unsigned char *p = (const unsigned char *)a.data;
    if (p[0] < 0x80)
        return 1;
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
        if (p[0] < shapes[i].first || p[0] > shapes[i].last)
            continue;
        if (a.len < shapes[i].bytes || p[1] < shapes[i].second_min || p[1] > shapes[i].second_max)
            return 0;
        for (size_t k = 2; k < shapes[i].bytes; k++) {
            if ((p[k] & 0xc0) != 0x80)
                return 0;
        }
        return shapes[i].bytes;
    }
    return 0;
}

bool text_utf8_ok(struct text a)
{
    size_t i = 0;
    while (i < a.len) {
        uint64_t word;
        if (a.len - i >= 8 && (memcpy(&word, a.data + i, 8), !(word & 0x8080808080808080))) {
            i += 8;
            continue;
        }
        size_t step = text_utf8_step((struct text){a.data + i, a.len - i});
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

size_t text_utf8_count(struct text a)
{
    size_t count = 0;
    for (size_t i = 0; i < a.len; i++)
        count += ((unsigned char)a.data[i] & 0xc0) != 0x80;
    return count;
}

size_t text_utf8_whole(struct text a)
{
    size_t start = a.len;
    while (start > 0 && a.len - start < 4 && ((unsigned char)a.data[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0 || (unsigned char)a.data[start - 1] < 0xc0)
        return a.len;
    start--;
    return text_utf8_step((struct text){a.data + start, a.len - start}) ? a.len : start;
}

/* Eight bytes a turn: Mycroft's test for a zero byte,
 * on the word xored with the byte looked for. */
const char *text_json_plain(const char *at, const char *end)
{
    const uint64_t ones = 0x0101010101010101, high = 0x8080808080808080;
    for (; end - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        uint64_t quote = word ^ ones * '"', slash = word ^ ones * '\\';
        uint64_t special = (word - ones * 0x20) | (quote - ones) | (slash - ones) | word;
        special &= high;
        if (!special)
            continue;
        /* A borrow raises false alarms, but only behind the byte that is the first true one. */
        if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
            return at + __builtin_ctzll(special) / 8;
        break;
    }
    while (at < end && (unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' &&
           *at != '\\')
        at++;
    return at;
}

struct unit {
    const char *name;
    int64_t factor;
};

/* A whole number and one of the units (names NULL end the table). */
static bool parse_unit(struct text a, const struct unit *units, int64_t *out)
{
    size_t digits = 0;
    while (digits < a.len && a.data[digits] >= '0' && a.data[digits] <= '9')
        digits++;
    uint64_t n;
    if (!text_u64((struct text){a.data, digits}, &n))
        return false;
    struct text unit = {a.data + digits, a.len - digits};
    for (; units->name; units++) {
        if (!text_is(unit, units->name))
            continue;
        if (n > (uint64_t)(INT64_MAX / units->factor))
            return false;
        *out = (int64_t)n * units->factor;
        return true;
    }
    return false;
}

bool text_duration_ms(struct text a, int64_t *ms)
{
    static const struct unit units[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
                                        {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
    return parse_unit(a, units, ms);
}

bool text_size_bytes(struct text a, int64_t *bytes)
{
    static const struct unit units[] = {{"", 1},         {"B", 1},        {"KB", 1 << 10},
                                        {"MB", 1 << 20}, {"GB", 1 << 30}, {NULL, 0}};
    return parse_unit(a, units, bytes);
}

enum { NEAREST_WORD = 64 }; /* longer words are not names that somebody mistyped */

/* Levenshtein distance with adjacent swaps counted as one edit ("optimal string alignment"). */
static size_t edit_distance(struct text a, struct text b)
{
    unsigned char rows[3][NEAREST_WORD + 1];
    unsigned char *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.len; j++)
        above[j] = (unsigned char)j;
    for (size_t i = 1; i <= a.len; i++) {
        row[0] = (unsigned char)i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t best = above[j - 1] + (a.data[i - 1] != b.data[j - 1]);
            if (above[j] + 1u < best)
                best = above[j] + 1u;
            if (row[j - 1] + 1u < best)
                best = row[j - 1] + 1u;
            bool swapped =
                i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1];
            if (swapped && before[j - 2] + 1u < best)
                best = before[j - 2] + 1u;
            row[j] = (unsigned char)best;
        }
        unsigned char *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[b.len];
}

const char *text_nearest(struct text word, const char *const *names)
{
    if (word.len > NEAREST_WORD)
        return NULL;
    const char *best = NULL;
    size_t limit = 1 + word.len / 4;
    for (; *names; names++) {
        struct text name = text_of(*names);
        if (name.len > NEAREST_WORD)
            continue;
        size_t distance = edit_distance(word, name);
        if (distance > limit || (best && distance == limit))
            continue;
        best = *names;
        limit = distance;
    }
    return best;
}

void text_time(int64_t wall_ms, char out[TEXT_TIME])
{
    int64_t days = wall_ms / 86400000, ms = wall_ms % 86400000;
    if (ms < 0) {
        ms += 86400000;
        days--;
    }
    /* Days are counted from 0000-03-01, so that leap days end a year;
     * an era is 400 years of 146097 days. */
    int64_t since = days + 719468;
    int64_t era = (since >= 0 ? since : since - 146096) / 146097;
    int64_t day = since - era * 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    int64_t month = (5 * day + 2) / 153;
    day -= (153 * month + 2) / 5 - 1;
    month += month < 10 ? 3 : -9;
    year += era * 400 + (month <= 2);
    int s = (int)(ms / 1000);
    snprintf(out, TEXT_TIME, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)year, (int)month, (int)day,
             s / 3600, s / 60 % 60, s % 60, (int)(ms % 1000));
}
