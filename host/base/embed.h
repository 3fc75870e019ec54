/* SPDX-License-Identifier: MIT */
/* embed.h - files that the build put into the binary. Owner: nobody, constant. Thread: any. */
#pragma once
#include <stddef.h>

struct embedded {
    const char *name; /* file name without folders; NULL ends the table */
    const char *data; /* size bytes, and one NUL behind them */
    size_t size;
};

extern const struct embedded lualib_files[];  /* lualib/ *.lua, linked into the runner layer */
extern const struct embedded ui_files[];      /* host/ui/, linked into the serve layer */
extern const struct embedded openapi_files[]; /* host/serve/api/ *.json, linked into serve */
