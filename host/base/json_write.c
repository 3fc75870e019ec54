/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include "base/json_number.h"
#include <string.h>

/* One character that is not plain, at the front of rest; returns its bytes. */
static size_t put_special(struct buf *b, struct text rest)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    unsigned char c = (unsigned char)rest.data[0];
    if (c >= 0x80) {
        size_t step = text_utf8_step(rest);
        if (step)
            buf_add(b, rest.data, step);
        else
            buf_str(b, "\xef\xbf\xbd");
        return step ? step : 1;
    }
    const char *found = c ? strchr(from, c) : NULL;
    if (found) {
        char escape[2] = {'\\', to[found - from]};
        buf_add(b, escape, 2);
    } else {
        buf_printf(b, "\\u%04x", c);
    }
    return 1;
}

/* A string that holds nothing to escape. */
static void put_plain(struct buf *b, const char *data, size_t len)
{
    if (!buf_reserve(b, len + 2))
        return;
    char *to = b->data + b->len;
    to[0] = '"';
    memcpy(to + 1, data, len);
    to[len + 1] = '"';
    to[len + 2] = '\0';
    b->len += len + 2;
}

void json_put_string(struct buf *b, struct text value)
{
    const char *at = value.data ? value.data : "", *end = at + value.len;
    if (text_json_plain(at, end) == end) {
        put_plain(b, at, value.len);
        return;
    }
    buf_char(b, '"');
    while (at < end) {
        const char *plain = text_json_plain(at, end);
        buf_add(b, at, (size_t)(plain - at));
        at = plain;
        if (at < end)
            at += put_special(b, (struct text){at, (size_t)(end - at)});
    }
    buf_char(b, '"');
}

void json_put_cstr(struct buf *b, const char *value)
{
    if (value)
        json_put_string(b, text_of(value));
    else
        buf_str(b, "null");
}

static void put_value(struct buf *b, const cJSON *value, int depth);

static void put_children(struct buf *b, const cJSON *value, int depth)
{
    bool object = cJSON_IsObject(value);
    if (depth == JSON_DEPTH_OUT) {
        b->full = true;
        return;
    }
    buf_char(b, object ? '{' : '[');
    for (const cJSON *child = value->child; child && !b->full; child = child->next) {
        if (child != value->child)
            buf_char(b, ',');
        if (object) {
            json_put_string(b, text_of(child->string ? child->string : ""));
            buf_char(b, ':');
        }
        put_value(b, child, depth + 1);
    }
    buf_char(b, object ? '}' : ']');
}

static void put_value(struct buf *b, const cJSON *value, int depth)
{
    switch (value ? value->type & 0xff : cJSON_NULL) {
    case cJSON_Object:
    case cJSON_Array:
        put_children(b, value, depth);
        break;
    case cJSON_String:
        json_put_cstr(b, value->valuestring);
        break;
    case cJSON_Number:
        json_put_number_of(b, value);
        break;
    case cJSON_True:
        buf_str(b, "true");
        break;
    case cJSON_False:
        buf_str(b, "false");
        break;
    case cJSON_Raw:
        buf_str(b, value->valuestring ? value->valuestring : "null");
        break;
    default:
        buf_str(b, "null");
    }
}

void json_put_tree(struct buf *b, const cJSON *value)
{
    put_value(b, value, 0);
}
