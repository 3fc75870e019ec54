/* SPDX-License-Identifier: MIT */
#include "runner/lib/lib.h"

void lib_open_all(lua_State *L)
{
    lib_base_open(L); /* first: it empties the globals */
    lib_string_open(L);
    lib_table_open(L);
    lib_utf8_open(L);
    lib_math_open(L);
    lib_coroutine_open(L);
    lib_os_open(L);
}
