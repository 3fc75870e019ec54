/* SPDX-License-Identifier: MIT */
/* Declarations: JSON \f SOURCE \f PATH. Any JSON from a runner, any source beside it: what is
 * accepted is within its bounds, what is refused has a line of the source and a reason. */
#include "fuzz.h"

#include "domain/manifest/lua_line.h"
#include "domain/manifest/manifest.h"

static const struct manifest_ceilings ceilings = {
    .cpu_ms = 10000,
    .memory_bytes = 64 << 20,
    .steps = 100000,
    .wall_ms = INT64_C(30) * 86400000,
    .body_bytes = 4 << 20,
};

static void check_accepted(const struct manifest *m)
{
    FUZZ_CHECK(m->name && m->name[0] && text_utf8_ok(text_of(m->name)), "name");
    FUZZ_CHECK(m->id && m->id[0] && text_utf8_ok(text_of(m->id)), "id");
    FUZZ_CHECK(!(m->filter && m->filter_function), "two filters");
    FUZZ_CHECK(m->unique_ms >= 0 && m->unique_ms <= MANIFEST_UNIQUE_MAX_MS, "unique");
    FUZZ_CHECK(m->wait_ms >= 0 && m->wait_ms <= MANIFEST_WAIT_MAX_MS, "wait");
    FUZZ_CHECK(m->body_max > 0 && m->body_max <= ceilings.body_bytes, "body");
    FUZZ_CHECK(m->wall_ms >= 0 && m->wall_ms <= ceilings.wall_ms, "wall");
    FUZZ_CHECK(m->cpu_ms > 0 && m->cpu_ms <= ceilings.cpu_ms, "cpu");
    FUZZ_CHECK(m->memory_bytes > 0 && m->memory_bytes <= ceilings.memory_bytes, "memory");
    FUZZ_CHECK(m->steps > 0 && m->steps <= ceilings.steps, "steps");
    FUZZ_CHECK(m->output_bytes <= MANIFEST_OUTPUT_MAX, "output");
    FUZZ_CHECK(m->record_bytes <= MANIFEST_RECORD_MAX, "record");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text in = fuzz_text(data, size);
    struct text json = fuzz_part(&in), source = fuzz_part(&in);
    struct error err = {0};
    char path[128];
    int line = -1;
    snprintf(path, sizeof path, "%.*s", (int)(in.data ? in.len : 0), in.data ? in.data : "");
    char *json_copy = fuzz_copy(json), *source_copy = fuzz_copy(source);
    json.data = json_copy;
    source.data = source_copy;
    struct manifest *m = manifest_new("shop", "refund", json, source, &ceilings, &line, &err);
    if (m)
        check_accepted(m);
    else
        FUZZ_CHECK(err.text[0] && line >= 0, "line %d, reason '%s'", line, err.text);
    FUZZ_CHECK(lua_line_find(source, 1, path) >= 1, "a line before the first");
    manifest_free(m);
    free(json_copy);
    free(source_copy);
    return 0;
}
