/* SPDX-License-Identifier: MIT */
#include "engine/inbox_kinds.h"
#include "base/attr.h"
#include "engine/run_end.h"
#include <stddef.h>

static void take_cancel(struct run *r, struct text data)
{
    (void)data;
    run_cancel(r);
}

static const struct inbox_kind kinds[] = {
    {"cancel", take_cancel, .ends = true},
};

const struct inbox_kind *inbox_kind_of(struct text name)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (text_is(name, kinds[i].name))
            return &kinds[i];
    return NULL;
}
