/* SPDX-License-Identifier: MIT */
#include "base/embed.h"
#include "serve/api/api.h"
#include <string.h>

/* The web page: the files of host/ui/, kept in the binary. It talks to the API as any client
 * does. */
static const struct {
    const char *ending, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},     {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"}, {".svg", "image/svg+xml"},
    {".ts", "text/plain; charset=utf-8"}, /* sdk.d.ts */
};

static const char *type_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < ARRAY_LEN(types); i++)
        if (strcmp(dot, types[i].ending) == 0)
            return types[i].type;
    return "application/octet-stream";
}

/* A module is fetched by the rules of CORS, wherever it is from. */
static bool for_other_pages(const char *name)
{
    return strcmp(name, "sdk.js") == 0 || strcmp(name, "widget.js") == 0;
}

void page_get(struct request *q)
{
    struct text name = q->params[0].data ? q->params[0] : TEXT("index.html");
    for (const struct embedded *f = ui_files; f->name; f++) {
        if (!text_is(name, f->name))
            continue;
        exchange_set(
            q->x, "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        if (for_other_pages(f->name)) {
            exchange_set(q->x, "Access-Control-Allow-Origin", "*");
            exchange_set(q->x, "Cross-Origin-Resource-Policy", "cross-origin");
        }
        exchange_set(q->x, "X-Content-Type-Options", "nosniff");
        exchange_set(q->x, "Referrer-Policy", "no-referrer");
        exchange_answer(q->x, 200, type_of(f->name), (struct text){f->data, f->size});
        return;
    }
    request_no(q, VERDICT_NOT_FOUND, NULL);
}
