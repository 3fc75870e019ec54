/* SPDX-License-Identifier: MIT */
/* calendar.h - Unix time to UTC dates and back, and the conversions of strftime in the C locale
 * (C17, 7.27.3.5), without the C library, which would look for the machine's time zone.
 * Owner: the caller. Thread: any. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct calendar {
    int64_t year;
    int64_t time; /* Unix seconds */
    int month;    /* 1..12 */
    int day;      /* 1..31 */
    int hour, minute, second;
    int week_day; /* 0 is Sunday */
    int year_day; /* 1..366 */
};

/* Days from 1970-01-01 to a date of the proleptic Gregorian calendar; month and day may lie outside
 * of their ranges. */
int64_t calendar_days(int64_t year, int64_t month, int64_t day);
/* False: the year does not fit C's int, counted from 1900. */
bool calendar_of(int64_t time, struct calendar *date);

enum { CALENDAR_ITEM = 64 };
/* Writes what "%<letter>" stands for. False: there is no such conversion. */
bool calendar_format(const struct calendar *date, char letter, char out[CALENDAR_ITEM]);
