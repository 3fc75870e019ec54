/* SPDX-License-Identifier: MIT */
#include "runner/lib/format.h"
#include "runner/lib/lib_base.h"
#include "runner/vm/vm.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* SPEC_BYTES: flags, width and precision. ITEM_BYTES: any item but "%99.99f" of a large number,
 * which needs LONG_ITEM_BYTES. */
enum { SPEC_BYTES = 21, ITEM_BYTES = 128, LONG_ITEM_BYTES = 512 };

/* One "%..." of a format: text is "%", flags, width, precision and the letter, with room for a
 * length modifier. */
struct spec {
    char text[SPEC_BYTES + 8];
    size_t bytes;
};

typedef void format_add(luaL_Buffer *b, int arg, struct spec *spec);

struct conversion {
    char letter;
    const char *flags;
    bool precision;
    format_add *add;
};

/* Each spec was checked against its row of the table below. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static void add_char(luaL_Buffer *b, int arg, struct spec *spec)
{
    int c = (int)luaL_checkinteger(b->L, arg);
    char *to = luaL_prepbuffsize(b, ITEM_BYTES);
    luaL_addsize(b, (size_t)snprintf(to, ITEM_BYTES, spec->text, c));
}

static void add_integer(luaL_Buffer *b, int arg, struct spec *spec)
{
    lua_Integer n = luaL_checkinteger(b->L, arg);
    char letter = spec->text[spec->bytes - 1];
    snprintf(spec->text + spec->bytes - 1, 8, LUA_INTEGER_FRMLEN "%c", letter);
    char *to = luaL_prepbuffsize(b, ITEM_BYTES);
    luaL_addsize(b, (size_t)snprintf(to, ITEM_BYTES, spec->text, n));
}

static void add_float(luaL_Buffer *b, int arg, struct spec *spec)
{
    lua_Number n = luaL_checknumber(b->L, arg);
    char *to = luaL_prepbuffsize(b, ITEM_BYTES);
    luaL_addsize(b, (size_t)snprintf(to, ITEM_BYTES, spec->text, n));
}

static void add_fixed(luaL_Buffer *b, int arg, struct spec *spec)
{
    lua_Number n = luaL_checknumber(b->L, arg);
    char *to = luaL_prepbuffsize(b, LONG_ITEM_BYTES);
    luaL_addsize(b, (size_t)snprintf(to, LONG_ITEM_BYTES, spec->text, n));
}

static void add_string(luaL_Buffer *b, int arg, struct spec *spec)
{
    /* Asked for before the text is pushed: the buffer's own box must be on top then. */
    char *to = luaL_prepbuffsize(b, ITEM_BYTES);
    size_t bytes;
    const char *s = lib_base_tostring(b->L, arg, &bytes);
    bool pad_or_cut = spec->bytes > 2;
    if (pad_or_cut)
        luaL_argcheck(b->L, bytes == strlen(s), arg, "string contains zeros");
    if (!pad_or_cut || (bytes >= 100 && !strchr(spec->text, '.'))) {
        luaL_addvalue(b);
        return;
    }
    luaL_addsize(b, (size_t)snprintf(to, ITEM_BYTES, spec->text, s));
    lua_pop(b->L, 1);
}

#pragma GCC diagnostic pop

/* ---- %q: as a Lua literal ---- */

static void quote_string(luaL_Buffer *b, const char *s, size_t bytes)
{
    luaL_addchar(b, '"');
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c == '"' || c == '\\' || c == '\n') {
            luaL_addchar(b, '\\');
            luaL_addchar(b, c);
        } else if (iscntrl(c)) {
            bool digit_follows = i + 1 < bytes && isdigit((unsigned char)s[i + 1]);
            char *to = luaL_prepbuffsize(b, ITEM_BYTES);
            luaL_addsize(b, (size_t)snprintf(to, ITEM_BYTES, digit_follows ? "\\%03d" : "\\%d", c));
        } else {
            luaL_addchar(b, c);
        }
        if (i % 128 == 0)
            vm_poll(b->L);
    }
    luaL_addchar(b, '"');
}

static void quote_number(luaL_Buffer *b, int arg)
{
    char item[ITEM_BYTES];
    if (lua_isinteger(b->L, arg)) {
        lua_Integer n = lua_tointeger(b->L, arg);
        if (n == LUA_MININTEGER) /* has no decimal literal */
            snprintf(item, sizeof item, "0x%" LUA_INTEGER_FRMLEN "x", (lua_Unsigned)n);
        else
            snprintf(item, sizeof item, LUA_INTEGER_FMT, n);
    } else {
        lua_Number n = lua_tonumber(b->L, arg);
        if (isnan(n))
            snprintf(item, sizeof item, "(0/0)");
        else if (isinf(n))
            snprintf(item, sizeof item, "%s1e9999", n > 0 ? "" : "-");
        else
            snprintf(item, sizeof item, "%a", n);
    }
    luaL_addstring(b, item);
}

static void add_quoted(luaL_Buffer *b, int arg, struct spec *spec)
{
    if (spec->bytes > 2)
        luaL_error(b->L, "specifier '%%q' cannot have modifiers");
    size_t bytes;
    const char *s;
    switch (lua_type(b->L, arg)) {
    case LUA_TSTRING:
        s = lua_tolstring(b->L, arg, &bytes);
        quote_string(b, s, bytes);
        break;
    case LUA_TNUMBER:
        quote_number(b, arg);
        break;
    case LUA_TNIL:
    case LUA_TBOOLEAN:
        lib_base_tostring(b->L, arg, NULL);
        luaL_addvalue(b);
        break;
    default:
        luaL_argerror(b->L, arg, "value has no literal form");
    }
}

/* ---- the table and the walk ---- */

static const struct conversion conversions[] = {
    {'s', "-", true, add_string},     {'d', "-+ 0", true, add_integer},
    {'i', "-+ 0", true, add_integer}, {'f', "-+ #0", true, add_fixed},
    {'g', "-+ #0", true, add_float},  {'x', "-#0", true, add_integer},
    {'c', "-", false, add_char},      {'q', NULL, false, add_quoted},
    {'u', "-0", true, add_integer},   {'o', "-#0", true, add_integer},
    {'X', "-#0", true, add_integer},  {'e', "-+ #0", true, add_float},
    {'E', "-+ #0", true, add_float},  {'G', "-+ #0", true, add_float},
    {'a', "-+ #0", true, add_float},  {'A', "-+ #0", true, add_float},
};

static const struct conversion *conversion_of(char letter)
{
    for (size_t i = 0; i < ARRAY_LEN(conversions); i++)
        if (conversions[i].letter == letter)
            return &conversions[i];
    return NULL;
}

static const char *skip_two_digits(const char *s)
{
    for (int i = 0; i < 2 && isdigit((unsigned char)*s); i++)
        s++;
    return s;
}

/* Flags of this conversion, two digits of width, two of precision, and nothing else. */
static bool spec_ok(const struct spec *spec, const struct conversion *conversion)
{
    const char *s = spec->text + 1 + strspn(spec->text + 1, conversion->flags);
    if (*s != '0') {
        s = skip_two_digits(s);
        if (*s == '.' && conversion->precision)
            s = skip_two_digits(s + 1);
    }
    return *s == conversion->letter;
}

/* Reads the spec whose '%' is at s, adds argument arg. Gives the place behind it. */
static const char *add_item(luaL_Buffer *b, const char *s, int arg)
{
    struct spec spec;
    size_t modifiers = strspn(s + 1, "-+ #0123456789.");
    if (modifiers > SPEC_BYTES - 1)
        luaL_error(b->L, "invalid format (too long)");
    spec.bytes = modifiers + 2;
    memcpy(spec.text, s, spec.bytes);
    spec.text[spec.bytes] = '\0';
    char letter = s[modifiers + 1];
    if (letter == 'p')
        luaL_error(b->L, "string.format: %%p is not allowed in triggers: addresses differ from run "
                         "to run");
    const struct conversion *conversion = conversion_of(letter);
    if (!conversion) {
        luaL_error(b->L, "invalid conversion '%s' to 'format'", spec.text);
        return NULL;
    }
    if (conversion->flags && !spec_ok(&spec, conversion))
        luaL_error(b->L, "invalid conversion specification: '%s'", spec.text);
    conversion->add(b, arg, &spec);
    return s + spec.bytes;
}

int format_string(lua_State *L)
{
    int args = lua_gettop(L);
    int arg = 1;
    size_t bytes;
    const char *s = luaL_checklstring(L, 1, &bytes);
    const char *end = s + bytes;
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    while (s < end) {
        const char *percent = memchr(s, '%', (size_t)(end - s));
        luaL_addlstring(&b, s, (size_t)((percent ? percent : end) - s));
        if (!percent)
            break;
        s = percent;
        if (s[1] == '%') {
            luaL_addchar(&b, '%');
            s += 2;
            continue;
        }
        if (++arg > args)
            luaL_argerror(L, arg, "no value");
        s = add_item(&b, s, arg);
        vm_poll(L);
    }
    luaL_pushresult(&b);
    return 1;
}
