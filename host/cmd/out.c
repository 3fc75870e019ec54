/* SPDX-License-Identifier: MIT */
#include "cmd/out.h"
#include "base/mem.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_MAX = 1 << 30, INDENT = 2, DEL = 0x7f };

int out_fail(const char *command, const struct error *err)
{
    fflush(stdout);
    fprintf(stderr, "moontide %s: %s\n", command, err->text);
    return 1;
}

int out_usage(const char *command, const struct error *err)
{
    out_fail(command, err);
    fprintf(stderr, "`moontide %s --help` says what there is.\n", command);
    return 2;
}

static void line_break(struct buf *b, int depth)
{
    buf_char(b, '\n');
    for (int i = 0; i < depth * INDENT; i++)
        buf_char(b, ' ');
}

/* The depth of what is printed here was bounded when it was parsed. */
static void put_pretty(struct buf *b, const cJSON *value, int depth) // NOLINT(misc-no-recursion)
{
    if ((!cJSON_IsObject(value) && !cJSON_IsArray(value)) || !value->child) {
        json_put_tree(b, value);
        return;
    }
    bool object = cJSON_IsObject(value);
    buf_char(b, object ? '{' : '[');
    for (const cJSON *item = value->child; item; item = item->next) {
        line_break(b, depth + 1);
        if (object) {
            json_put_cstr(b, item->string);
            buf_str(b, ": ");
        }
        put_pretty(b, item, depth + 1);
        if (item->next)
            buf_char(b, ',');
    }
    line_break(b, depth);
    buf_char(b, object ? '}' : ']');
}

void out_json(const cJSON *value, bool pretty)
{
    struct buf b;
    buf_init(&b, OUT_MAX);
    if (pretty)
        put_pretty(&b, value, 0);
    else
        json_put_tree(&b, value);
    buf_char(&b, '\n');
    fwrite(b.data, 1, b.len, stdout);
    buf_done(&b);
}

/* C0, DEL and C1 (in UTF-8 0xC2 0x80 to 0x9F): some terminals obey them all. */
static unsigned control_code(struct text one)
{
    const unsigned char *c = (const unsigned char *)one.data;
    if (one.len == 1 && (c[0] < ' ' || c[0] == DEL))
        return c[0];
    if (one.len == 2 && c[0] == 0xC2 && c[1] < 0xA0)
        return c[1];
    return 0;
}

void out_clean(struct buf *b, struct text t, size_t max)
{
    for (size_t shown = 0; t.len; shown++) {
        if (max && shown == max) {
            buf_str(b, "…");
            return;
        }
        size_t step = text_utf8_step(t);
        struct text one = {t.data, step ? step : 1};
        unsigned code = control_code(one);
        if (!step)
            buf_str(b, "\xEF\xBF\xBD");
        else if (code || *one.data == '\0')
            buf_printf(b, "\\u%04x", code);
        else
            buf_text(b, one);
        t = (struct text){t.data + one.len, t.len - one.len};
    }
}

int out_end(const char *command)
{
    struct error err;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    error_errno(&err, errno, "cannot write to standard output");
    return out_fail(command, &err);
}

void out_table_init(struct table *t, const char *const *names)
{
    memset(t, 0, sizeof *t);
    while (names[t->columns] && t->columns < TABLE_COLUMNS)
        t->columns++;
    for (size_t i = 0; i < t->columns; i++)
        out_table_cell(t, names[i]);
}

void out_table_cell(struct table *t, const char *text)
{
    struct buf b;
    buf_init(&b, OUT_MAX);
    out_clean(&b, text_of(text && *text ? text : "-"), 0);
    if (t->count == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 64;
        t->cells = mem_grow(t->cells, t->cap * sizeof *t->cells);
    }
    size_t width = text_utf8_count(buf_view(&b));
    size_t *widest = &t->width[t->count % t->columns];
    if (width > *widest)
        *widest = width;
    t->cells[t->count++] = buf_take(&b);
}

void out_table_print(const struct table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        size_t column = i % t->columns;
        bool last = column + 1 == t->columns;
        fputs(t->cells[i], stdout);
        size_t pad = t->width[column] - text_utf8_count(text_of(t->cells[i])) + 2;
        if (last)
            putchar('\n');
        else
            printf("%*s", (int)pad, "");
    }
}

void out_table_done(struct table *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->cells[i]);
    free(t->cells);
    memset(t, 0, sizeof *t);
}
