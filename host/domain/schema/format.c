/* SPDX-License-Identifier: MIT */
#include "domain/schema/format.h"

#include "domain/schema/format_net.h"
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Exactly so many digits off the front; -1: they are not there. */
static int take_number(struct text *t, size_t digits)
{
    int n = 0;
    if (t->len < digits)
        return -1;
    for (size_t i = 0; i < digits; i++) {
        if (!is_digit(t->data[i]))
            return -1;
        n = n * 10 + (t->data[i] - '0');
    }
    t->data += digits;
    t->len -= digits;
    return n;
}

static bool skip_one_of(struct text *t, const char *one_of)
{
    if (t->len == 0 || !t->data[0] || !strchr(one_of, t->data[0]))
        return false;
    t->data++;
    t->len--;
    return true;
}

static bool within(int n, int least, int most)
{
    return n >= least && n <= most;
}

/* ---- times */

static bool take_date(struct text *t)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = take_number(t, 4);
    int month = year >= 0 && skip_one_of(t, "-") ? take_number(t, 2) : -1;
    int day = month >= 0 && skip_one_of(t, "-") ? take_number(t, 2) : -1;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return within(month, 1, 12) && within(day, 1, days[month - 1] + (month == 2 && leap));
}

/* "Z" or "+05:30": *minutes east of Greenwich. */
static bool take_offset(struct text *t, int *minutes)
{
    *minutes = 0;
    if (skip_one_of(t, "Zz"))
        return true;
    bool west = t->len > 0 && t->data[0] == '-';
    if (!skip_one_of(t, "+-"))
        return false;
    int hour = take_number(t, 2), minute = skip_one_of(t, ":") ? take_number(t, 2) : -1;
    *minutes = (hour * 60 + minute) * (west ? -1 : 1);
    return within(hour, 0, 23) && within(minute, 0, 59);
}

static bool take_time(struct text *t)
{
    int offset;
    int hour = take_number(t, 2);
    int minute = hour >= 0 && skip_one_of(t, ":") ? take_number(t, 2) : -1;
    int second = minute >= 0 && skip_one_of(t, ":") ? take_number(t, 2) : -1;
    if (!within(hour, 0, 23) || !within(minute, 0, 59) || !within(second, 0, 60))
        return false;
    if (skip_one_of(t, ".")) {
        if (take_number(t, 1) < 0)
            return false;
        while (take_number(t, 1) >= 0)
            continue;
    }
    if (!take_offset(t, &offset))
        return false;
    /* Leap seconds are put in at the end of a day, in UTC. */
    int utc = (hour * 60 + minute - offset + 2 * 1440) % 1440;
    return second < 60 || utc == 1439;
}

static bool date_ok(struct text t)
{
    return take_date(&t) && t.len == 0;
}

static bool time_ok(struct text t)
{
    return take_time(&t) && t.len == 0;
}

static bool date_time_ok(struct text t)
{
    return take_date(&t) && skip_one_of(&t, "Tt") && take_time(&t) && t.len == 0;
}

/* "4H30M": units in this order, without a gap between them; at least one. */
static bool take_units(struct text *t, const char *units)
{
    const char *last = NULL;
    while (t->len && is_digit(t->data[0])) {
        while (take_number(t, 1) >= 0)
            continue;
        const char *unit = t->len && t->data[0] ? strchr(units, t->data[0]) : NULL;
        if (!unit || (last && unit != last + 1))
            return false;
        last = unit;
        t->data++;
        t->len--;
    }
    return last != NULL;
}

static bool duration_ok(struct text t)
{
    if (!skip_one_of(&t, "P"))
        return false;
    struct text weeks = t;
    if (take_units(&weeks, "W") && weeks.len == 0)
        return true;
    bool dated = t.len && t.data[0] != 'T';
    if (dated && !take_units(&t, "YMD"))
        return false;
    if (skip_one_of(&t, "T"))
        return take_units(&t, "HMS") && t.len == 0;
    return dated && t.len == 0;
}

/* ---- the rest */

static bool uuid_ok(struct text t)
{
    if (t.len != 36)
        return false;
    for (size_t i = 0; i < t.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        char c = (char)(t.data[i] | 0x20);
        bool hex = is_digit(t.data[i]) || (c >= 'a' && c <= 'f');
        if (dash ? t.data[i] != '-' : !hex)
            return false;
    }
    return true;
}

static const struct format formats[] = {
    {"date-time", "a time such as \"2026-11-21T08:00:00Z\"", "2026-11-21T08:00:00Z", date_time_ok},
    {"date", "a date such as \"2026-11-21\"", "2026-11-21", date_ok},
    {"time", "a time of day with its offset such as \"08:00:00Z\"", "08:00:00Z", time_ok},
    {"duration", "a duration such as \"P3DT4H\"", "P3DT4H", duration_ok},
    {"email", "an e-mail address", "ada@example.com", format_email_ok},
    {"hostname", "a host name", "www.example.com", format_hostname_ok},
    {"ipv4", "an IPv4 address", "192.0.2.1", format_ipv4_ok},
    {"ipv6", "an IPv6 address", "2001:db8::1", format_ipv6_ok},
    {"uri", "a URI with its scheme", "https://example.com/", format_uri_ok},
    {"uuid", "a UUID", "0195f2d6-7a4b-7c3e-9f10-5b8a2c6d4e1f", uuid_ok},
};

const struct format *format_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    }
    return NULL;
}

const char *const *format_names(void)
{
    static const char *const names[] = {"date-time", "date",     "time", "duration",
                                        "email",     "hostname", "ipv4", "ipv6",
                                        "uri",       "uuid",     NULL};
    return names;
}
