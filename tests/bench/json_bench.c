/* SPDX-License-Identifier: MIT */
/* json_bench - CPU time of reading JSON: the host's trees and the runner's Lua values, for a usual
 * body, one of numbers, one of strings with escapes. Prints one line a text, megabytes a second
 * (the best of many batches). Built as build/tests/bench_json. */
#include "base/json.h"
#include "runner/lib/lua_json.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BATCHES = 300, TEXT_MAX = 1 << 20, ROWS = 20 };

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void read_tree(lua_State *L, struct text json)
{
    struct error err;
    cJSON *tree = json_parse(json, &err);
    (void)L;
    if (!tree)
        abort();
    cJSON_Delete(tree);
}

static void read_lua(lua_State *L, struct text json)
{
    struct error err;
    if (!lua_json_push(L, json, &err))
        abort();
    lua_settop(L, 0);
}

static void measure(const char *name, struct text json, void (*read)(lua_State *L, struct text))
{
    double best = 1e9;
    lua_State *L = luaL_newstate();
    for (int batch = 0; batch < BATCHES; batch++) {
        double from = cpu_us();
        for (int i = 0; i < 20; i++)
            read(L, json);
        double each = (cpu_us() - from) / 20;
        best = each < best ? each : best;
    }
    lua_close(L);
    printf("  %-32s %8.1f MB/s\n", name, (double)json.len / best);
}

/* ROWS times the row in a list. */
static struct text rows(struct buf *b, const char *row)
{
    buf_init(b, TEXT_MAX);
    for (int i = 0; i < ROWS; i++) {
        buf_char(b, i ? ',' : '[');
        buf_str(b, row);
    }
    buf_char(b, ']');
    return buf_view(b);
}

int main(void)
{
    static const struct {
        const char *name, *row;
    } texts[] = {
        {"usual",
         "{\"ticketId\":\"T-1042\",\"amount\":42.5,\"urgent\":false,\"attempt\":3,\"message\":\"The "
         "parcel came without its content, what now? It was bought as a present.\",\"customer\":"
         "{\"id\":\"c_7781\",\"name\":\"Ada Lovelace\",\"tier\":\"gold\",\"since\":null},"
         "\"tags\":[\"parcel\",\"refund\"],\"lines\":[{\"sku\":\"A-1\",\"count\":1}]}"},
        {"numbers",
         "[0,1,-2,3.25,1234567,99.95,1e3,820982911946154508,-0.000125,17,42,1700000000]"},
        {"strings with escapes",
         "\"a line\\nand \\\"another\\\" one, caf\xc3\xa9 \\u00e9\\ud83d\\ude00 and so on\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct buf b;
        struct text json = rows(&b, texts[i].row);
        char name[64];
        snprintf(name, sizeof name, "%s, host", texts[i].name);
        measure(name, json, read_tree);
        snprintf(name, sizeof name, "%s, runner", texts[i].name);
        measure(name, json, read_lua);
        buf_done(&b);
    }
    return 0;
}
