/* SPDX-License-Identifier: MIT */
#include "base/json_out.h"

/* A comma is due behind a value; behind an opening bracket, a comma, or what is no JSON at all
 * ("data: ") none is. */
static void put_comma_and_name(struct buf *b, const char *name)
{
    char last = b->len ? b->data[b->len - 1] : 0;
    bool behind_value = last == '"' || last == '}' || last == ']' || (last >= '0' && last <= '9') ||
                        (last >= 'a' && last <= 'z');
    if (behind_value)
        buf_char(b, ',');
    if (!name)
        return;
    json_put_cstr(b, name);
    buf_char(b, ':');
}

void json_name(struct buf *b, const char *name)
{
    put_comma_and_name(b, name);
}

void json_open(struct buf *b, const char *name, char bracket)
{
    put_comma_and_name(b, name);
    buf_char(b, bracket);
}

void json_close(struct buf *b, char bracket)
{
    buf_char(b, bracket);
}

void json_text(struct buf *b, const char *name, struct text value)
{
    put_comma_and_name(b, name);
    if (value.data)
        json_put_string(b, value);
    else
        buf_str(b, "null");
}

void json_word(struct buf *b, const char *name, const char *value)
{
    json_text(b, name, text_of(value));
}

void json_int(struct buf *b, const char *name, int64_t value)
{
    put_comma_and_name(b, name);
    buf_int(b, value);
}

void json_double(struct buf *b, const char *name, double value)
{
    put_comma_and_name(b, name);
    json_put_number(b, value);
}

void json_flag(struct buf *b, const char *name, bool value)
{
    put_comma_and_name(b, name);
    buf_str(b, value ? "true" : "false");
}

void json_raw(struct buf *b, const char *name, struct text json)
{
    put_comma_and_name(b, name);
    buf_text(b, json.data ? json : TEXT("null"));
}

void json_tree(struct buf *b, const char *name, const cJSON *value)
{
    put_comma_and_name(b, name);
    json_put_tree(b, value);
}

void json_time(struct buf *b, const char *name, int64_t wall_ms)
{
    char when[TEXT_TIME];
    if (wall_ms != 0)
        text_time(wall_ms, when);
    json_word(b, name, wall_ms != 0 ? when : NULL);
}
