/* SPDX-License-Identifier: MIT */
/* JSON to Lua: the runner's reader must accept what the host's accepts, and nothing else; written
 * back it must be the same value. */
#include "lua_fuzz.h"

#include "runner/lib/lua_json.h"

enum { OUT_MAX = 16 << 20 };

static void check_back(lua_State *L)
{
    struct error err = {0};
    struct buf *out = fuzz_buf(0, OUT_MAX);
    FUZZ_CHECK(lua_json_write(L, -1, out, "value", &err), "not written: %s", err.text);
    cJSON *back = json_parse(buf_view(out), &err);
    FUZZ_CHECK(back, "%s: '%s'", err.text, out->data);
    FUZZ_CHECK(json_equal(fuzz_held.tree, back), "'%s' is another value", out->data);
    cJSON_Delete(back);
}

static void check(lua_State *L, struct text in)
{
    struct error err = {0}, host_err = {0};
    int top = lua_gettop(L);
    fuzz_held.copy = fuzz_copy(in);
    in.data = fuzz_held.copy;
    bool ok = lua_json_push(L, in, &err);
    fuzz_held.tree = json_parse(in, &host_err);
    FUZZ_CHECK(ok == (fuzz_held.tree != NULL), "host: %s, runner: %s",
               fuzz_held.tree ? "good" : host_err.text, ok ? "good" : err.text);
    FUZZ_CHECK(lua_gettop(L) == top + ok, "%d values were left", lua_gettop(L) - top);
    FUZZ_CHECK(ok || err.text[0], "refused without a reason");
    if (ok)
        check_back(L);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_lua(check, fuzz_text(data, size), NULL);
    return 0;
}
