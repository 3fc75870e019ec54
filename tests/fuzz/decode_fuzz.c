/* SPDX-License-Identifier: MIT */
/* JSON to Lua: the runner's reader must accept what the host's accepts, and nothing else; written
 * back it must be the same value. */
#include "lua_fuzz.h"

#include "base/json.h"
#include "runner/lua_json.h"

enum { OUT_MAX = 16 << 20 };

static void check_back(lua_State *L, const cJSON *tree)
{
    struct error err = {0};
    struct buf out;
    buf_init(&out, OUT_MAX);
    FUZZ_CHECK(lua_json_write(L, -1, &out, "value", &err), "not written: %s", err.text);
    cJSON *back = json_parse(buf_view(&out), &err);
    FUZZ_CHECK(back, "%s: '%s'", err.text, out.data);
    FUZZ_CHECK(json_equal(tree, back), "'%s' is another value", out.data);
    cJSON_Delete(back);
    buf_done(&out);
}

static void check(lua_State *L, struct text in)
{
    struct error err = {0}, host_err = {0};
    int top = lua_gettop(L);
    bool ok = lua_json_push(L, in, &err);
    cJSON *tree = json_parse(in, &host_err);
    FUZZ_CHECK(ok == (tree != NULL), "host: %s, runner: %s", tree ? "good" : host_err.text,
               ok ? "good" : err.text);
    FUZZ_CHECK(lua_gettop(L) == top + ok, "%d values were left", lua_gettop(L) - top);
    FUZZ_CHECK(ok || err.text[0], "refused without a reason");
    if (ok)
        check_back(L, tree);
    cJSON_Delete(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = fuzz_copy(fuzz_text(data, size));
    fuzz_lua(check, (struct text){copy, size}, NULL);
    free(copy);
    return 0;
}
