/* SPDX-License-Identifier: MIT */
/* The utf8 library: the stock functions. All walk once over their string or arguments and call
 * nothing back. */
#include "runner/lib/lib.h"
#include <lualib.h>

static const char *const stock[] = {"char", "charpattern", "codepoint", "codes",
                                    "len",  "offset",      NULL};

void lib_open_utf8(lua_State *L)
{
    lib_push_stock(L, luaopen_utf8, stock);
    lib_cap_slices(L, "codepoint");
    lua_setglobal(L, "utf8");
}
