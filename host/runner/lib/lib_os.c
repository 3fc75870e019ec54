/* SPDX-License-Identifier: MIT */
/* os.time, date, clock and difftime: from the run's clock, always UTC and in the C locale. The C
 * library is not asked: it would read the machine's time zone. */
#include "runner/lib/calendar.h"
#include "runner/lib/lib.h"
#include "runner/vm/vm.h"
#include <limits.h>
#include <string.h>

static int os_clock(lua_State *L)
{
    const struct vm_shared *shared = vm_shared(L);
    lua_pushnumber(L, (lua_Number)(shared->now_ms - shared->start_ms) / 1000.0);
    return 1;
}

static int64_t now_seconds(lua_State *L)
{
    return vm_shared(L)->now_ms / 1000;
}

static int os_difftime(lua_State *L)
{
    lua_Number a = (lua_Number)luaL_checkinteger(L, 1);
    lua_pushnumber(L, a - (lua_Number)luaL_checkinteger(L, 2));
    return 1;
}

/* ---- os.time ---- */

enum { FIELD_REQUIRED = -1 };

/* Field `name` of the table at 1, in the range of C's int once `offset` is taken off. */
static int64_t time_field(lua_State *L, const char *name, int missing, int offset)
{
    int type = lua_getfield(L, 1, name);
    int is_integer;
    lua_Integer value = lua_tointegerx(L, -1, &is_integer);
    lua_pop(L, 1);
    if (!is_integer) {
        if (type != LUA_TNIL)
            luaL_error(L, "field '%s' is not an integer", name);
        if (missing == FIELD_REQUIRED)
            luaL_error(L, "field '%s' missing in date table", name);
        return missing;
    }
    if (value < (lua_Integer)INT_MIN + offset || value > (lua_Integer)INT_MAX + offset)
        luaL_error(L, "field '%s' is out-of-bound", name);
    return value;
}

static void set_fields(lua_State *L, const struct calendar *date)
{
    const struct {
        const char *name;
        int64_t value;
    } fields[] = {
        {"year", date->year},     {"month", date->month},       {"day", date->day},
        {"hour", date->hour},     {"min", date->minute},        {"sec", date->second},
        {"yday", date->year_day}, {"wday", date->week_day + 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        lua_pushinteger(L, fields[i].value);
        lua_setfield(L, -2, fields[i].name);
    }
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "isdst");
}

/* os.time([table]): the fields may lie outside of their ranges; the table gets them as
 * they come out. */
static int os_time(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_pushinteger(L, now_seconds(L));
        return 1;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    int64_t year = time_field(L, "year", FIELD_REQUIRED, 1900);
    int64_t month = time_field(L, "month", FIELD_REQUIRED, 1);
    int64_t day = time_field(L, "day", FIELD_REQUIRED, 0);
    int64_t hour = time_field(L, "hour", 12, 0);
    int64_t minute = time_field(L, "min", 0, 0);
    int64_t second = time_field(L, "sec", 0, 0);
    int64_t time = calendar_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    struct calendar date;
    if (!calendar_of(time, &date))
        return luaL_error(L, "time result cannot be represented in this installation");
    set_fields(L, &date);
    lua_pushinteger(L, time);
    return 1;
}

/* ---- os.date ---- */

/* A conversion at s (behind its '%'); gives the place behind it. */
static const char *add_conversion(luaL_Buffer *b, const char *s, const struct calendar *date)
{
    /* %E and %O ask for another locale's forms, of which the C locale has none. */
    bool modified = (*s == 'E' && s[1] && strchr("cCxXyY", s[1])) ||
                    (*s == 'O' && s[1] && strchr("deHImMSuUVwWy", s[1]));
    char item[CALENDAR_ITEM];
    if (!calendar_format(date, s[modified], item))
        luaL_argerror(b->L, 1, lua_pushfstring(b->L, "invalid conversion specifier '%%%s'", s));
    luaL_addstring(b, item);
    return s + modified + 1;
}

/* os.date([format [, time]]): a leading '!' asks for UTC, which it is anyway. */
static int os_date(lua_State *L)
{
    size_t bytes;
    const char *s = luaL_optlstring(L, 1, "%c", &bytes);
    const char *end = s + bytes;
    int64_t time = lua_isnoneornil(L, 2) ? now_seconds(L) : luaL_checkinteger(L, 2);
    if (*s == '!')
        s++;
    struct calendar date;
    if (!calendar_of(time, &date))
        return luaL_error(L, "date result cannot be represented in this installation");
    if (strcmp(s, "*t") == 0) {
        lua_createtable(L, 0, 9);
        set_fields(L, &date);
        return 1;
    }
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    while (s < end) {
        if (*s != '%')
            luaL_addchar(&b, *s++);
        else
            s = add_conversion(&b, s + 1, &date);
        vm_poll(L);
    }
    luaL_pushresult(&b);
    return 1;
}

static const luaL_Reg functions[] = {
    {"clock", os_clock}, {"date", os_date}, {"difftime", os_difftime},
    {"time", os_time},   {NULL, NULL},
};

void lib_os_open(lua_State *L)
{
    luaL_newlib(L, functions);
    lua_setglobal(L, "os");
}
