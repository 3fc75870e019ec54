/* SPDX-License-Identifier: MIT */
#include "runner/vm/version.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_NAME = 256 };

/* Names end up in messages and frames: no more than a line of text. */
static bool name_ok(struct text name)
{
    if (!name.data || name.len == 0 || name.len >= CHUNK_NAME - 8 || !text_utf8_ok(name))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if ((unsigned char)name.data[i] < ' ')
            return false;
    }
    return true;
}

static bool read_file(struct version *v, struct frame_reader *r, uint32_t i)
{
    struct text name = frame_get_bytes(r), source = frame_get_bytes(r);
    if (!source.data || !name_ok(name))
        return false;
    v->files[i].name = mem_text_n(name.data, name.len);
    v->sources[i] = source;
    v->count = i + 1;
    return true;
}

/* Sources move from the frame into a block of their own. */
static void hold_sources(struct version *v)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < v->count; i++)
        bytes += v->sources[i].len;
    char *at = v->held = mem_alloc(bytes + 1);
    for (uint32_t i = 0; i < v->count; i++) {
        memcpy(at, v->sources[i].data, v->sources[i].len);
        v->sources[i].data = at;
        at += v->sources[i].len;
    }
}

struct version *version_new(const struct lualib *lualib, struct frame_reader *r)
{
    uint32_t count = frame_get_u32(r);
    if (r->broken || count == 0 || count > VERSION_FILES)
        return NULL;
    struct version *v = mem_zero(1, sizeof *v);
    *v = (struct version){.refs = 1, .lualib = lualib, .broken = true};
    v->files = mem_zero(count, sizeof *v->files);
    v->sources = mem_zero(count, sizeof *v->sources);
    for (uint32_t i = 0; i < count; i++) {
        if (!read_file(v, r, i)) {
            version_unref(v);
            return NULL;
        }
    }
    hold_sources(v);
    return v;
}

struct version *version_ref(struct version *v)
{
    v->refs++;
    return v;
}

void version_unref(struct version *v)
{
    if (!v || --v->refs > 0)
        return;
    for (uint32_t i = 0; i < v->count; i++)
        code_done(&v->files[i]);
    free(v->files);
    free(v->sources);
    free(v->held);
    free(v);
}

/* "@support/refund.lua", "@lib/prices.lua": what the author looks for. */
static void chunk_name(const struct version *v, uint32_t i, char chunk[CHUNK_NAME])
{
    snprintf(chunk, CHUNK_NAME, "@%s", v->files[i].name);
}

void version_full_name(const struct version *v, const char *message, char *out, size_t bytes)
{
    char chunk[CHUNK_NAME];
    const char *end = strncmp(message, "...", 3) == 0 ? strstr(message, ".lua:") : NULL;
    snprintf(out, bytes, "%s", message);
    if (!end)
        return;
    end += strlen(".lua");
    size_t tail = (size_t)(end - message) - 3;
    for (uint32_t i = 0; i < v->count; i++) {
        chunk_name(v, i, chunk);
        size_t len = strlen(chunk);
        if (len > tail && memcmp(chunk + len - tail, message + 3, tail) == 0) {
            snprintf(out, bytes, "%s%s", chunk + 1, end);
            return;
        }
    }
}

bool version_compile(struct version *v, lua_State *L, struct error *err)
{
    char chunk[CHUNK_NAME];
    for (uint32_t i = 0; i < v->count; i++) {
        chunk_name(v, i, chunk);
        if (v->sources[i].len > CODE_SOURCE)
            return error_set(err, ERROR_LIMIT, "%s:1: the file is larger than %d KB", chunk + 1,
                             CODE_SOURCE / 1024);
        if (!code_compile(L, &v->files[i], v->sources[i], chunk, true, err))
            return false;
    }
    free(v->held);
    v->held = NULL;
    v->broken = false;
    return true;
}

/* "lib.prices" is "lib/prices.lua" or "support/lib/prices.lua". */
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

int version_find(const struct version *v, const char *module)
{
    for (uint32_t i = 1; i < v->count; i++) {
        if (is_module(v->files[i].name, module))
            return (int)i;
    }
    return -1;
}
