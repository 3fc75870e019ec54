/* SPDX-License-Identifier: MIT */
#include "runner/lib/calendar.h"
#include "base/attr.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* The calendar repeats every 400 years; years are counted from March here, so that a leap
 * day ends one. */
enum { DAYS_400_YEARS = 146097, DAYS_TO_1970 = 719468, DAY_SECONDS = 86400 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int64_t calendar_days(int64_t year, int64_t month, int64_t day)
{
    int64_t months = year * 12 + month - 3; /* since March of year 0 */
    int64_t march_year = floor_div(months, 12);
    int64_t march_month = months - march_year * 12;
    int64_t leap_days =
        floor_div(march_year, 4) - floor_div(march_year, 100) + floor_div(march_year, 400);
    /* 153 days are five months of 31 and 30 in turn, from March as from August. */
    int64_t month_days = (march_month * 153 + 2) / 5;
    return march_year * 365 + leap_days + month_days + day - 1 - DAYS_TO_1970;
}

bool calendar_of(int64_t time, struct calendar *date)
{
    int64_t days = floor_div(time, DAY_SECONDS);
    int64_t since_march_0 = days + DAYS_TO_1970;
    int64_t era = floor_div(since_march_0, DAYS_400_YEARS);
    int64_t era_day = since_march_0 - era * DAYS_400_YEARS;
    /* Takes the leap days out: one in 4 years, not in 100, but in 400. */
    int64_t era_year =
        (era_day - era_day / 1460 + era_day / 36524 - era_day / (DAYS_400_YEARS - 1)) / 365;
    int64_t march_day = era_day - (era_year * 365 + era_year / 4 - era_year / 100);
    int64_t march_month = (march_day * 5 + 2) / 153;
    date->time = time;
    date->day = (int)(march_day - (march_month * 153 + 2) / 5 + 1);
    date->month = (int)(march_month < 10 ? march_month + 3 : march_month - 9);
    date->year = era * 400 + era_year + (date->month <= 2);
    if (date->year < (int64_t)INT_MIN + 1900 || date->year > (int64_t)INT_MAX + 1900)
        return false;
    int second = (int)(time - days * DAY_SECONDS);
    date->hour = second / 3600;
    date->minute = second / 60 % 60;
    date->second = second % 60;
    date->week_day = (int)((days % 7 + 7 + 4) % 7); /* 1970 began on a Thursday */
    date->year_day = (int)(days - calendar_days(date->year, 1, 1)) + 1;
    return true;
}

/* ---- weeks ---- */

/* ISO 8601: weeks begin on Monday, and belong to the year that has most of their days. */
static int iso_week(const struct calendar *date, int64_t *year)
{
    int monday_based = (date->week_day + 6) % 7;
    int week = (date->year_day - 1 - monday_based + 10) / 7;
    *year = date->year;
    if (week < 1) { /* the last week of the year before */
        *year -= 1;
        int before = date->year_day + (is_leap(*year) ? 366 : 365);
        return (before - 1 - monday_based + 10) / 7;
    }
    int days = is_leap(date->year) ? 366 : 365;
    if (week == 53 && date->year_day - monday_based + 3 > days) {
        *year += 1;
        return 1;
    }
    return week;
}

/* ---- conversions ---- */

static const char *const day_names[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};
static const char *const month_names[] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};

/* Conversions that are made of others. */
static const struct {
    char letter;
    const char *parts;
} composed[] = {
    {'c', "%a %b %e %H:%M:%S %Y"}, {'D', "%m/%d/%y"}, {'F', "%Y-%m-%d"}, {'R', "%H:%M"},
    {'r', "%I:%M:%S %p"},          {'T', "%H:%M:%S"}, {'X', "%H:%M:%S"}, {'x', "%m/%d/%y"},
};

enum field {
    FIELD_CENTURY,
    FIELD_YEAR,
    FIELD_YEAR_2,
    FIELD_MONTH,
    FIELD_DAY,
    FIELD_HOUR,
    FIELD_HOUR_12,
    FIELD_MINUTE,
    FIELD_SECOND,
    FIELD_YEAR_DAY,
    FIELD_WEEK_DAY,
    FIELD_WEEK_DAY_ISO,
    FIELD_WEEK_SUNDAY,
    FIELD_WEEK_MONDAY,
    FIELD_WEEK_ISO,
    FIELD_YEAR_ISO,
    FIELD_YEAR_ISO_2,
    FIELD_COUNT,
};

static const struct {
    char letter;
    const char *format;
    enum field field;
} numbers[] = {
    {'C', "%02lld", FIELD_CENTURY},     {'d', "%02lld", FIELD_DAY},
    {'e', "%2lld", FIELD_DAY},          {'g', "%02lld", FIELD_YEAR_ISO_2},
    {'G', "%lld", FIELD_YEAR_ISO},      {'H', "%02lld", FIELD_HOUR},
    {'I', "%02lld", FIELD_HOUR_12},     {'j', "%03lld", FIELD_YEAR_DAY},
    {'m', "%02lld", FIELD_MONTH},       {'M', "%02lld", FIELD_MINUTE},
    {'S', "%02lld", FIELD_SECOND},      {'u', "%lld", FIELD_WEEK_DAY_ISO},
    {'U', "%02lld", FIELD_WEEK_SUNDAY}, {'V', "%02lld", FIELD_WEEK_ISO},
    {'w', "%lld", FIELD_WEEK_DAY},      {'W', "%02lld", FIELD_WEEK_MONDAY},
    {'y', "%02lld", FIELD_YEAR_2},      {'Y', "%lld", FIELD_YEAR},
};

static int64_t two_digits(int64_t year)
{
    return (year % 100 + 100) % 100;
}

static int64_t field_value(const struct calendar *date, enum field field)
{
    int64_t iso_year;
    int week = iso_week(date, &iso_year);
    const int64_t values[FIELD_COUNT] = {
        [FIELD_CENTURY] = floor_div(date->year, 100),
        [FIELD_YEAR] = date->year,
        [FIELD_YEAR_2] = two_digits(date->year),
        [FIELD_MONTH] = date->month,
        [FIELD_DAY] = date->day,
        [FIELD_HOUR] = date->hour,
        [FIELD_HOUR_12] = (date->hour + 11) % 12 + 1,
        [FIELD_MINUTE] = date->minute,
        [FIELD_SECOND] = date->second,
        [FIELD_YEAR_DAY] = date->year_day,
        [FIELD_WEEK_DAY] = date->week_day,
        [FIELD_WEEK_DAY_ISO] = (date->week_day + 6) % 7 + 1,
        [FIELD_WEEK_SUNDAY] = (date->year_day + 6 - date->week_day) / 7,
        [FIELD_WEEK_MONDAY] = (date->year_day + 6 - (date->week_day + 6) % 7) / 7,
        [FIELD_WEEK_ISO] = week,
        [FIELD_YEAR_ISO] = iso_year,
        [FIELD_YEAR_ISO_2] = two_digits(iso_year),
    };
    return values[field];
}

static void format_composed(const struct calendar *date, const char *parts, char out[CALENDAR_ITEM])
{
    size_t len = 0;
    for (const char *s = parts; *s; s++) {
        char item[CALENDAR_ITEM] = {*s, '\0'};
        if (*s == '%')
            calendar_format(date, *++s, item);
        len += (size_t)snprintf(out + len, CALENDAR_ITEM - len, "%s", item);
    }
}

static bool format_text(const struct calendar *date, char letter, char out[CALENDAR_ITEM])
{
    switch (letter) {
    case 'a':
        snprintf(out, CALENDAR_ITEM, "%.3s", day_names[date->week_day]);
        return true;
    case 'A':
        snprintf(out, CALENDAR_ITEM, "%s", day_names[date->week_day]);
        return true;
    case 'b':
    case 'h':
        snprintf(out, CALENDAR_ITEM, "%.3s", month_names[date->month - 1]);
        return true;
    case 'B':
        snprintf(out, CALENDAR_ITEM, "%s", month_names[date->month - 1]);
        return true;
    case 'p':
        snprintf(out, CALENDAR_ITEM, "%s", date->hour < 12 ? "AM" : "PM");
        return true;
    case 'z':
        snprintf(out, CALENDAR_ITEM, "+0000");
        return true;
    case 'Z':
        snprintf(out, CALENDAR_ITEM, "GMT");
        return true;
    case 'n':
    case 't':
    case '%':
        snprintf(out, CALENDAR_ITEM, "%c", letter == 'n' ? '\n' : letter == 't' ? '\t' : '%');
        return true;
    default:
        return false;
    }
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the formats are the table's */

bool calendar_format(const struct calendar *date, char letter, char out[CALENDAR_ITEM])
{
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        if (numbers[i].letter == letter) {
            snprintf(out, CALENDAR_ITEM, numbers[i].format,
                     (long long)field_value(date, numbers[i].field));
            return true;
        }
    for (size_t i = 0; i < ARRAY_LEN(composed); i++)
        if (composed[i].letter == letter) {
            format_composed(date, composed[i].parts, out);
            return true;
        }
    return format_text(date, letter, out);
}

#pragma GCC diagnostic pop
