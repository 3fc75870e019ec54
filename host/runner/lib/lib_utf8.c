/* SPDX-License-Identifier: MIT */
/* The utf8 library: the stock functions. All walk once over their string or arguments and call
 * nothing back. */
#include "runner/lib/lib.h"
#include "runner/lib/lib_stock.h"
#include <lualib.h>

static const char *const stock[] = {"char", "charpattern", "codepoint", "codes",
                                    "len",  "offset",      NULL};

void lib_utf8_open(lua_State *L)
{
    lib_stock_push(L, luaopen_utf8, stock);
    lib_stock_cap_slices(L, "codepoint");
    lua_setglobal(L, "utf8");
}
