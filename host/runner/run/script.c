/* SPDX-License-Identifier: MIT */
#include "runner/run/script.h"

#include "runner/lib/lib.h"
#include "runner/lib/lib_metatable.h"
#include "runner/lib/lib_secret.h"
#include "runner/run/event.h"
#include "runner/run/host_table.h"
#include "runner/run/require.h"
#include "runner/run/trigger.h"

#include <string.h>

static bool is_task(const struct vm *vm, const lua_State *co)
{
    return task_has_coroutine((const struct script *)vm, co);
}

static const struct vm_callbacks callbacks = {
    .before_collect = lib_metatable_before_collect,
    .after_collect = lib_metatable_after_collect,
    .is_task = is_task,
};

struct script *script_new(void *range, struct script_port *port, const struct vm_limits *limits)
{
    struct script *s = range;
    lua_State *L = vm_new(range, sizeof *s, &port->death, &callbacks, limits)->L;
    script_bind(s, port, NULL, limits);
    /* The same for every run until it gets its own seed: an image is made in between. */
    script_seed(s, 0);
    lib_open_all(L);
    require_open(L);
    host_table_open_print(L);
    lib_secret_open(L);
    event_open(L);
    trigger_open(L);
    tasks_init(s);
    lua_settop(L, 0);
    return s;
}

void script_bind(struct script *s, struct script_port *port, const struct program *program,
                 const struct vm_limits *limits)
{
    vm_bind(&s->vm, &port->death, limits);
    s->port = port;
    s->program = program;
    s->steps_max = limits->steps;
}

void script_seed(struct script *s, uint64_t seed)
{
    s->random = vm_seed(&s->vm, seed);
}

bool script_code_ok(struct text code)
{
    static const char *const reserved[] = {"limit.", "runner.", "replay.", "journal.", "version."};
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    for (size_t i = 0; i < ARRAY_LEN(reserved); i++) {
        size_t len = strlen(reserved[i]);
        if (code.len >= len && memcmp(code.data, reserved[i], len) == 0)
            return false;
    }
    for (size_t i = 0; i < code.len; i++) {
        if (!code.data[i] || !strchr(letters, code.data[i]))
            return false;
    }
    return code.len > 0 && code.len < VM_CODE;
}
