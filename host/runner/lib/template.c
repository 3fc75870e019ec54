/* SPDX-License-Identifier: MIT */
#include "runner/lib/template.h"
#include "runner/lib/template_parse.h"

#include "runner/lib/lua_json.h"
#include "runner/vm/vm.h"

#include <stdio.h>
#include <string.h>

enum { SLOTS_NEEDED = 12, WORD_SHOWN = 40 };

enum tag_kind {
    TAG_VALUE,
    TAG_NOTE,
    TAG_IF,
    TAG_EACH,
    TAG_ELSE,
    TAG_END_IF,
    TAG_END_EACH,
    TAG_NONE
};

static const char *const tag_names[] = {
    [TAG_IF] = "{{#if}}",     [TAG_EACH] = "{{#each}}",     [TAG_ELSE] = "{{else}}",
    [TAG_END_IF] = "{{/if}}", [TAG_END_EACH] = "{{/each}}",
};

struct tag {
    enum tag_kind kind;  /* TAG_NONE: the end of the source */
    const char *opening; /* its first brace */
    /* Where the text before it ends; the blanks go with a tag that is alone on its line. */
    const char *text_end;
};

static bool render_until(struct template *t, const struct template_scope *scope, bool live,
                         struct tag *ending);

/* ---- messages */

static int line_of(const struct template *t, const char *at)
{
    int line = 1;
    for (const char *p = t->start; p < at; p++)
        line += *p == '\n';
    return line;
}

bool template_refuse(struct template *t, const char *at, const char *format, ...)
{
    char text[ERROR_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_set(t->err, ERROR_INVALID, "line %d: %s", line_of(t, at), text);
}

bool template_unexpected(struct template *t, const char *wanted)
{
    if (t->at == t->end)
        return template_refuse(t, t->at, "expected %s but the text ends", wanted);
    size_t step = text_utf8_step((struct text){t->at, (size_t)(t->end - t->at)});
    return template_refuse(t, t->at, "expected %s but found '%.*s'", wanted, (int)(step ? step : 1),
                           t->at);
}

bool template_unknown(struct template *t, const char *what, struct text name,
                      const char *const *known)
{
    int shown = name.len < WORD_SHOWN ? (int)name.len : WORD_SHOWN;
    const char *near = text_nearest(name, known);
    if (near)
        return template_refuse(t, name.data, "unknown %s \"%.*s\", did you mean \"%s\"?", what,
                               shown, name.data, near);
    char list[128] = "";
    for (size_t used = 0; *known && used < sizeof list; known++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", *known);
    return template_refuse(t, name.data, "unknown %s \"%.*s\" (known: %s)", what, shown, name.data,
                           list);
}

/* ---- words */

void template_skip_blanks(struct template *t)
{
    while (t->at < t->end && (*t->at == ' ' || *t->at == '\t' || *t->at == '\n' || *t->at == '\r'))
        t->at++;
}

static bool in_word(char c)
{
    unsigned char u = (unsigned char)c, folded = u | 0x20;
    return (folded >= 'a' && folded <= 'z') || (u >= '0' && u <= '9') || u == '_' || u == '-' ||
           u == '@' || u >= 0x80;
}

struct text template_word(struct template *t)
{
    const char *first = t->at;
    while (t->at < t->end && in_word(*t->at))
        t->at++;
    return (struct text){first, (size_t)(t->at - first)};
}

bool template_close(struct template *t)
{
    template_skip_blanks(t);
    if (t->end - t->at < 2 || memcmp(t->at, "}}", 2) != 0)
        return template_unexpected(t, "}}");
    t->at += 2;
    return true;
}

/* ---- tags */

/* t->at stands behind "{{#" or "{{/". */
static bool read_block_name(struct template *t, struct tag *tag, bool closing)
{
    static const char *const known[] = {"if", "each", NULL};
    template_skip_blanks(t);
    struct text name = template_word(t);
    for (int i = 0; known[i]; i++) {
        if (!text_is(name, known[i]))
            continue;
        tag->kind = (closing ? TAG_END_IF : TAG_IF) + (enum tag_kind)i;
        return true;
    }
    if (name.len == 0)
        return template_unexpected(t, "if or each");
    return template_unknown(t, "block", name, known);
}

static bool skip_note(struct template *t, const char *opening)
{
    const char *closing = memmem(t->at, (size_t)(t->end - t->at), "}}", 2);
    if (!closing)
        return template_refuse(t, opening, "{{! without }}");
    t->at = closing + 2;
    return true;
}

static bool is_else(struct template *t)
{
    const char *before = t->at;
    if (text_is(template_word(t), "else")) {
        template_skip_blanks(t);
        if (t->at < t->end && *t->at == '}')
            return true;
    }
    t->at = before;
    return false;
}

/* Finds out what the tag at tag->opening is. t->at then stands on the path of an opening block or
 * in front of a value, else behind the tag. */
static bool read_tag(struct template *t, struct tag *tag)
{
    t->at = tag->opening + 2;
    template_skip_blanks(t);
    char c = t->at < t->end ? *t->at : 0;
    if (c == '#' || c == '/') {
        t->at++;
        return read_block_name(t, tag, c == '/') && (c == '#' || template_close(t));
    }
    if (c == '!') {
        tag->kind = TAG_NOTE;
        return skip_note(t, tag->opening);
    }
    bool otherwise = is_else(t);
    tag->kind = otherwise ? TAG_ELSE : TAG_VALUE;
    return !otherwise || template_close(t);
}

/* The place behind the blanks and the line's end at `at`; NULL when something else stands there. */
static const char *rest_of_line(const struct template *t, const char *at)
{
    while (at < t->end && (*at == ' ' || *at == '\t' || *at == '\r'))
        at++;
    if (at == t->end)
        return at;
    return *at == '\n' ? at + 1 : NULL;
}

/* Where the line of `at` begins if only blanks stand before it, else NULL. */
static const char *blank_line_start(const struct template *t, const char *at)
{
    while (at > t->start && (at[-1] == ' ' || at[-1] == '\t'))
        at--;
    return at == t->start || at[-1] == '\n' ? at : NULL;
}

/* t->at stands behind the tag. One that is alone on its line takes the line with it. */
static void settle_line(struct template *t, struct tag *tag)
{
    tag->text_end = tag->opening;
    const char *before = blank_line_start(t, tag->opening);
    const char *behind = before ? rest_of_line(t, t->at) : NULL;
    if (!behind)
        return;
    tag->text_end = before;
    t->at = behind;
}

/* ---- blocks */

static bool is_true(lua_State *L, int idx)
{
    switch (lua_type(L, idx)) {
    case LUA_TSTRING:
        return lua_rawlen(L, idx) > 0;
    case LUA_TTABLE:
        lua_pushvalue(L, idx);
        lua_pushnil(L);
        if (!lua_next(L, -2)) {
            lua_pop(L, 1);
            return false;
        }
        lua_pop(L, 3);
        return true;
    default:
        return lua_toboolean(L, idx) && !lua_json_is_null(L, idx);
    }
}

/* Checks what ended the first or second part of a block. */
static bool check_ending(struct template *t, const struct tag *block, const struct tag *ending,
                         bool second)
{
    enum tag_kind closing = block->kind == TAG_IF ? TAG_END_IF : TAG_END_EACH;
    if (ending->kind == closing || (ending->kind == TAG_ELSE && !second))
        return true;
    if (ending->kind == TAG_NONE)
        return template_refuse(t, block->opening, "%s without %s", tag_names[block->kind],
                               tag_names[closing]);
    if (ending->kind == TAG_ELSE)
        return template_refuse(t, ending->opening, "a second {{else}} in %s of line %d",
                               tag_names[block->kind], line_of(t, block->opening));
    return template_refuse(t, ending->opening, "%s closes %s of line %d", tag_names[ending->kind],
                           tag_names[block->kind], line_of(t, block->opening));
}

static bool render_part(struct template *t, const struct template_scope *scope, bool live,
                        const struct tag *block, struct tag *ending)
{
    return render_until(t, scope, live, ending) && check_ending(t, block, ending, false);
}

/* What follows the first part: nothing, or {{else}} and the second one. */
static bool render_rest(struct template *t, const struct template_scope *scope, bool live,
                        const struct tag *block, struct tag *ending)
{
    if (ending->kind != TAG_ELSE)
        return true;
    return render_until(t, scope, live, ending) && check_ending(t, block, ending, true);
}

/* The value that decides is on top of the stack. */
static bool render_if(struct template *t, const struct template_scope *scope, bool live,
                      const struct tag *block)
{
    struct tag ending;
    bool yes = is_true(t->L, -1);
    return render_part(t, scope, live && yes, block, &ending) &&
           render_rest(t, scope, live && !yes, block, &ending);
}

/* The list is on top of the stack. Without items the body is only checked. */
static bool render_each(struct template *t, const struct template_scope *scope, bool live,
                        const struct tag *block)
{
    struct tag ending;
    const char *body = t->at;
    int list = lua_gettop(t->L);
    struct template_scope inner = {.outer = scope, .value = list + 1};
    for (;;) {
        if (lua_istable(t->L, list) && !t->out->full)
            lua_rawgeti(t->L, list, inner.index + 1);
        else
            lua_pushnil(t->L);
        lua_json_see_through(t->L);
        bool item = live && !lua_isnil(t->L, -1);
        if (!item && inner.index > 0)
            break;
        t->at = body;
        if (!render_part(t, &inner, item, block, &ending))
            return false;
        lua_settop(t->L, list);
        if (!item)
            break;
        inner.index++;
    }
    lua_settop(t->L, list);
    return render_rest(t, scope, live && inner.index == 0, block, &ending);
}

/* Appends nothing at all for an empty text: a buffer that keeps no byte must not be
 * made to allocate. */
static void put_text(struct template *t, bool live, const char *from, const char *to)
{
    if (live && to > from)
        buf_add(t->out, from, (size_t)(to - from));
}

/* t->at stands in front of the block's path. */
static bool render_block(struct template *t, const struct template_scope *scope, bool live,
                         const char *text, struct tag *block)
{
    int top = lua_gettop(t->L);
    if (t->depth == TEMPLATE_DEPTH)
        return template_refuse(t, block->opening, "blocks nested deeper than %d", TEMPLATE_DEPTH);
    if (!lua_checkstack(t->L, SLOTS_NEEDED))
        return template_refuse(t, block->opening, "no stack left");
    template_skip_blanks(t);
    if (!template_path(t, scope, live) || !template_close(t))
        return false;
    settle_line(t, block);
    put_text(t, live, text, block->text_end);
    t->depth++;
    if (block->kind == TAG_IF ? !render_if(t, scope, live, block)
                              : !render_each(t, scope, live, block))
        return false;
    t->depth--;
    lua_settop(t->L, top);
    return true;
}

/* Renders one tag and the text before it. */
static bool render_tag(struct template *t, const struct template_scope *scope, bool live,
                       const char *text, struct tag *tag)
{
    if (tag->kind == TAG_IF || tag->kind == TAG_EACH)
        return render_block(t, scope, live, text, tag);
    tag->text_end = tag->opening;
    if (tag->kind != TAG_VALUE)
        settle_line(t, tag);
    put_text(t, live, text, tag->text_end);
    return tag->kind != TAG_VALUE || template_value(t, scope, live);
}

/* Renders up to the tag that ends the block it is in, and that tag. */
static bool render_until(struct template *t, const struct template_scope *scope, bool live,
                         struct tag *ending)
{
    for (;;) {
        vm_poll(t->L);
        const char *text = t->at;
        struct tag tag = {.kind = TAG_NONE};
        tag.opening = memmem(text, (size_t)(t->end - text), "{{", 2);
        if (!tag.opening) {
            put_text(t, live, text, t->end);
            t->at = t->end;
            *ending = tag;
            return true;
        }
        if (!read_tag(t, &tag) || !render_tag(t, scope, live, text, &tag))
            return false;
        if (tag.kind >= TAG_ELSE) {
            *ending = tag;
            return true;
        }
    }
}

static bool check_outermost(struct template *t, const struct tag *ending)
{
    if (ending->kind == TAG_NONE)
        return true;
    if (ending->kind == TAG_ELSE)
        return template_refuse(t, ending->opening, "{{else}} outside of {{#if}} and {{#each}}");
    return template_refuse(t, ending->opening, "%s without %s", tag_names[ending->kind],
                           tag_names[ending->kind == TAG_END_IF ? TAG_IF : TAG_EACH]);
}

bool template_render(lua_State *L, struct text source, int idx, struct buf *out, struct error *err)
{
    int top = lua_gettop(L);
    if (!lua_checkstack(L, SLOTS_NEEDED))
        return error_set(err, ERROR_LIMIT, "no stack left");
    struct error unread = {0};
    lua_pushvalue(L, idx);
    lua_json_see_through(L);
    struct template_scope root = {.value = top + 1};
    const char *start = source.data ? source.data : "";
    struct template t = {.L = L,
                         .start = start,
                         .at = start,
                         .end = start + source.len,
                         .out = out,
                         .err = err ? err : &unread};
    struct tag ending;
    bool ok = render_until(&t, &root, true, &ending) && check_outermost(&t, &ending);
    lua_settop(L, top);
    return ok;
}
