/* SPDX-License-Identifier: MIT */
/* Templates: TEMPLATE \f VALUES. Whatever is malformed must show when a trigger is loaded, which is
 * rendering without values; and what is shown keeps its limit. */
#include "lua_fuzz.h"

#include "runner/lib/lua_json.h"
#include "runner/lib/template.h"
#include "runner/lib/template_parse.h"

enum { OUT_MAX = 4096 };

static bool render(lua_State *L, struct text source, struct buf *out, struct error *err)
{
    int top = lua_gettop(L);
    bool ok = template_render(L, source, -1, out, err);
    FUZZ_CHECK(lua_gettop(L) == top, "%d values were left", lua_gettop(L) - top);
    FUZZ_CHECK(ok || err->text[0], "refused without a reason");
    FUZZ_CHECK(ok || !text_utf8_ok(source) || text_utf8_ok(text_of(err->text)), "%s", err->text);
    FUZZ_CHECK(out->len <= OUT_MAX, "%zu bytes", out->len);
    return ok;
}

static void check(lua_State *L, struct text in)
{
    struct error err = {0}, empty_err = {0};
    struct buf *out = fuzz_buf(0, OUT_MAX), *again = fuzz_buf(1, OUT_MAX);
    struct buf *empty = fuzz_buf(2, OUT_MAX);
    struct text part = fuzz_part(&in);
    fuzz_held.copy = fuzz_copy(part);
    struct text source = {fuzz_held.copy, part.len};
    if (!lua_json_push(L, in.data ? in : TEXT("{}"), &err))
        lua_newtable(L);
    bool ok = render(L, source, out, &err);
    FUZZ_CHECK(ok == render(L, source, again, &err), "another outcome");
    fuzz_same(buf_view(out), buf_view(again), "rendered twice");
    lua_newtable(L);
    bool empty_ok = render(L, source, empty, &empty_err);
    FUZZ_CHECK(ok == empty_ok || out->full, "with values: %s, without: %s", ok ? "good" : err.text,
               empty_ok ? "good" : empty_err.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_lua(check, fuzz_text(data, size), NULL);
    return 0;
}
