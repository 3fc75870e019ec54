/* SPDX-License-Identifier: MIT */
#include "runner/lib/lib_match.h"
#include "runner/lib/pattern.h"
#include "runner/vm/vm.h"
#include <ctype.h>
#include <string.h>

/* Gives a 1-based, possibly negative place in a string as an offset; one behind the end gives
 * bytes + 1 or more. */
static size_t start_offset(lua_Integer place, size_t bytes)
{
    if (place > 0)
        return (size_t)place - 1;
    if (place == 0 || place < -(lua_Integer)bytes)
        return 0;
    return bytes + (size_t)place;
}

/* ---- find, match ---- */

static int push_plain(lua_State *L, const char *s, size_t bytes, size_t init, const char *text,
                      size_t text_bytes)
{
    /* memmem is linear for any needle (two-way search). */
    const char *found = memmem(s + init, bytes - init, text, text_bytes);
    if (!found) {
        luaL_pushfail(L);
        return 1;
    }
    lua_pushinteger(L, found - s + 1);
    lua_pushinteger(L, found - s + (lua_Integer)text_bytes);
    return 2;
}

static int find_or_match(lua_State *L, bool find)
{
    size_t bytes, text_bytes;
    const char *s = luaL_checklstring(L, 1, &bytes);
    const char *text = luaL_checklstring(L, 2, &text_bytes);
    size_t init = start_offset(luaL_optinteger(L, 3, 1), bytes);
    if (init > bytes) {
        luaL_pushfail(L);
        return 1;
    }
    if (find && (lua_toboolean(L, 4) || pattern_is_plain(text, text_bytes)))
        return push_plain(L, s, bytes, init, text, text_bytes);
    struct pattern m;
    pattern_init(&m, L, s, bytes, text, text_bytes, true);
    const char *end;
    const char *start = pattern_search(&m, s + init, NULL, &end);
    if (!start) {
        luaL_pushfail(L);
        return 1;
    }
    if (!find)
        return pattern_push_all(&m, start, end);
    lua_pushinteger(L, start - s + 1);
    lua_pushinteger(L, end - s);
    return 2 + pattern_push_all(&m, NULL, NULL);
}

int lib_match_find(lua_State *L)
{
    return find_or_match(L, true);
}

int lib_match_match(lua_State *L)
{
    return find_or_match(L, false);
}

/* ---- gmatch ---- */

/* Upvalues of its iterator. All that lives from one call to the next is two offsets, so an error in
 * between breaks nothing. */
enum { GMATCH_SUBJECT = 1, GMATCH_TEXT, GMATCH_PLACES };

struct gmatch_places {
    size_t from;
    size_t not_end; /* where the last match ended: an empty one there does not count */
    bool any;       /* there was a last match */
};

static int gmatch_next(lua_State *L)
{
    size_t bytes, text_bytes;
    const char *s = lua_tolstring(L, lua_upvalueindex(GMATCH_SUBJECT), &bytes);
    const char *text = lua_tolstring(L, lua_upvalueindex(GMATCH_TEXT), &text_bytes);
    struct gmatch_places *places = lua_touserdata(L, lua_upvalueindex(GMATCH_PLACES));
    if (places->from > bytes)
        return 0;
    struct pattern m;
    pattern_init(&m, L, s, bytes, text, text_bytes, false);
    const char *end;
    const char *start =
        pattern_search(&m, s + places->from, places->any ? s + places->not_end : NULL, &end);
    if (!start) {
        places->from = bytes + 1;
        return 0;
    }
    places->from = places->not_end = (size_t)(end - s);
    places->any = true;
    return pattern_push_all(&m, start, end);
}

int lib_match_gmatch(lua_State *L)
{
    size_t bytes;
    luaL_checklstring(L, 1, &bytes);
    luaL_checkstring(L, 2);
    size_t init = start_offset(luaL_optinteger(L, 3, 1), bytes);
    lua_settop(L, 2);
    struct gmatch_places *places = lua_newuserdatauv(L, sizeof *places, 0);
    *places = (struct gmatch_places){.from = init < bytes + 1 ? init : bytes + 1};
    lua_pushcclosure(L, gmatch_next, GMATCH_PLACES);
    return 1;
}

/* ---- gsub ---- */

/* What gsub was called with. Arguments: 1 subject, 2 pattern, 3 replacement, 4 how many. */
enum { GSUB_REPLACEMENT = 3 };

struct gsub {
    struct pattern m;
    luaL_Buffer out;
    int type;         /* of the replacement */
    const char *text; /* the replacement, when it is a string or number */
    size_t text_bytes;
    bool verbatim; /* ... without any '%' */
};

static void gsub_add_capture(struct gsub *g, int index, const char *start, const char *end)
{
    const struct pattern_capture *capture = &g->m.capture[index];
    if (index < g->m.captures && capture->bytes >= 0) {
        luaL_addlstring(&g->out, capture->start, (size_t)capture->bytes);
        return;
    }
    pattern_push(&g->m, index, start, end); /* the whole match, a place, or an error */
    luaL_addvalue(&g->out);
}

/* The replacement text with its %0 to %9 filled in. */
static void gsub_add_text(struct gsub *g, const char *start, const char *end)
{
    const char *s = g->text;
    const char *text_end = s + g->text_bytes;
    while (s < text_end) {
        const char *percent = memchr(s, '%', (size_t)(text_end - s));
        luaL_addlstring(&g->out, s, (size_t)((percent ? percent : text_end) - s));
        if (!percent)
            return;
        s = percent + 2;
        if (percent[1] == '%') {
            luaL_addchar(&g->out, '%');
        } else if (percent[1] == '0') {
            luaL_addlstring(&g->out, start, (size_t)(end - start));
        } else if (isdigit((unsigned char)percent[1])) {
            gsub_add_capture(g, percent[1] - '1', start, end);
        } else {
            luaL_error(g->m.L, "invalid use of '%%' in replacement string");
        }
    }
}

/* Adds what a function or table gives for this match; false: it added the match itself. */
static bool gsub_add_value(struct gsub *g, const char *start, const char *end)
{
    lua_State *L = g->m.L;
    if (g->type == LUA_TFUNCTION) {
        lua_pushvalue(L, GSUB_REPLACEMENT);
        lua_call(L, pattern_push_all(&g->m, start, end), 1);
    } else {
        pattern_push(&g->m, 0, start, end);
        lua_gettable(L, GSUB_REPLACEMENT);
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(&g->out, start, (size_t)(end - start));
        return false;
    }
    if (!lua_isstring(L, -1))
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    luaL_addvalue(&g->out);
    return true;
}

static bool gsub_add(struct gsub *g, const char *start, const char *end)
{
    if (g->type == LUA_TFUNCTION || g->type == LUA_TTABLE)
        return gsub_add_value(g, start, end);
    if (g->verbatim)
        luaL_addlstring(&g->out, g->text, g->text_bytes);
    else
        gsub_add_text(g, start, end);
    return true;
}

/* Builds the result in g->out and returns the number of matches; *changed: one was replaced. */
static lua_Integer gsub_run(struct gsub *g, lua_Integer most, bool *changed)
{
    const char *from = g->m.subject, *not_end = NULL, *end;
    lua_Integer count = 0;
    while (count < most) {
        const char *start = pattern_search(&g->m, from, not_end, &end);
        if (!start)
            break;
        count++;
        luaL_addlstring(&g->out, from, (size_t)(start - from));
        *changed |= gsub_add(g, start, end);
        from = not_end = end;
        if (g->m.anchored)
            break;
    }
    luaL_addlstring(&g->out, from, (size_t)(g->m.subject_end - from));
    return count;
}

int lib_match_gsub(lua_State *L)
{
    size_t bytes, text_bytes;
    const char *s = luaL_checklstring(L, 1, &bytes);
    const char *text = luaL_checklstring(L, 2, &text_bytes);
    struct gsub g; /* not zeroed: it holds 2 KB of buffers */
    g.type = lua_type(L, GSUB_REPLACEMENT);
    if (g.type != LUA_TNUMBER && g.type != LUA_TSTRING && g.type != LUA_TFUNCTION &&
        g.type != LUA_TTABLE)
        luaL_typeerror(L, GSUB_REPLACEMENT, "string/function/table");
    lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)bytes + 1);
    if (g.type == LUA_TSTRING || g.type == LUA_TNUMBER) {
        g.text = lua_tolstring(L, GSUB_REPLACEMENT, &g.text_bytes);
        g.verbatim = !memchr(g.text, '%', g.text_bytes);
    }
    pattern_init(&g.m, L, s, bytes, text, text_bytes, true);
    luaL_buffinit(L, &g.out);
    bool changed = false;
    lua_Integer count = gsub_run(&g, most, &changed);
    if (changed)
        luaL_pushresult(&g.out);
    else
        lua_pushvalue(L, 1);
    lua_pushinteger(L, count);
    return 2;
}
