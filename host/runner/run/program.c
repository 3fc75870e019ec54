/* SPDX-License-Identifier: MIT */
#include "runner/run/program.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_NAME = 256 };

/* Names end up in messages and frames, so they must be one line of text. */
static bool file_name_ok(struct text name)
{
    if (!name.data || name.len == 0 || name.len >= CHUNK_NAME - 8 || !text_utf8_ok(name))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if ((unsigned char)name.data[i] < ' ')
            return false;
    }
    return true;
}

static bool read_file(struct program *p, struct frame_reader *r, uint32_t i)
{
    struct text name = frame_get_bytes(r), source = frame_get_bytes(r);
    if (!source.data || !file_name_ok(name))
        return false;
    p->files[i].name = mem_text_n(name.data, name.len);
    p->sources[i] = source;
    p->count = i + 1;
    return true;
}

/* Copies the sources from the frame into a block of their own. */
static void hold_sources(struct program *p)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < p->count; i++)
        bytes += p->sources[i].len;
    char *at = p->held = mem_alloc(bytes + 1);
    for (uint32_t i = 0; i < p->count; i++) {
        memcpy(at, p->sources[i].data, p->sources[i].len);
        p->sources[i].data = at;
        at += p->sources[i].len;
    }
}

struct program *program_new(const struct lualib *lualib, struct frame_reader *r)
{
    uint32_t count = frame_get_u32(r);
    if (r->broken || count == 0 || count > PROGRAM_FILES)
        return NULL;
    struct program *p = mem_zero(1, sizeof *p);
    *p = (struct program){.refs = 1, .lualib = lualib, .broken = true};
    p->files = mem_zero(count, sizeof *p->files);
    p->sources = mem_zero(count, sizeof *p->sources);
    for (uint32_t i = 0; i < count; i++) {
        if (!read_file(p, r, i)) {
            program_unref(p);
            return NULL;
        }
    }
    hold_sources(p);
    return p;
}

struct program *program_ref(struct program *p)
{
    p->refs++;
    return p;
}

void program_unref(struct program *p)
{
    if (!p || --p->refs > 0)
        return;
    for (uint32_t i = 0; i < p->count; i++)
        code_done(&p->files[i]);
    free(p->files);
    free(p->sources);
    free(p->held);
    free(p);
}

/* Makes the name that Lua gives the chunk in messages: "@support/refund.lua", "@lib/prices.lua". */
static void chunk_name(const struct program *p, uint32_t i, char chunk[CHUNK_NAME])
{
    snprintf(chunk, CHUNK_NAME, "@%s", p->files[i].name);
}

void program_full_name(const struct program *p, const char *message, char *out, size_t bytes)
{
    char chunk[CHUNK_NAME];
    const char *end = strncmp(message, "...", 3) == 0 ? strstr(message, ".lua:") : NULL;
    snprintf(out, bytes, "%s", message);
    if (!end)
        return;
    end += strlen(".lua");
    size_t tail = (size_t)(end - message) - 3;
    for (uint32_t i = 0; i < p->count; i++) {
        chunk_name(p, i, chunk);
        size_t len = strlen(chunk);
        if (len > tail && memcmp(chunk + len - tail, message + 3, tail) == 0) {
            snprintf(out, bytes, "%s%s", chunk + 1, end);
            return;
        }
    }
}

bool program_compile(struct program *p, lua_State *L, struct error *err)
{
    char chunk[CHUNK_NAME];
    for (uint32_t i = 0; i < p->count; i++) {
        chunk_name(p, i, chunk);
        if (p->sources[i].len > CODE_SOURCE)
            return error_set(err, ERROR_LIMIT, "%s:1: the file is larger than %d KB", chunk + 1,
                             CODE_SOURCE / 1024);
        if (!code_compile(L, &p->files[i], p->sources[i], chunk, true, err))
            return false;
    }
    free(p->held);
    p->held = NULL;
    p->broken = false;
    return true;
}

/* True when the file is the module: "lib.prices" is "lib/prices.lua", "support/lib/prices.lua". */
static bool is_module(const char *path, const char *module)
{
    char ending[CHUNK_NAME];
    if (strncmp(module, "lib.", 4) != 0)
        return false;
    int len = snprintf(ending, sizeof ending, "lib/%s.lua", module + 4);
    size_t end = strlen(path), want = (size_t)len;
    return want < sizeof ending && end >= want && strcmp(path + end - want, ending) == 0 &&
           (end == want || path[end - want - 1] == '/');
}

int program_find(const struct program *p, const char *module)
{
    for (uint32_t i = 1; i < p->count; i++) {
        if (is_module(p->files[i].name, module))
            return (int)i;
    }
    return -1;
}
