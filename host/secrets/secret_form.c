/* SPDX-License-Identifier: MIT */
#include "secrets/secret_form.h"

#include "base/base64.h"
#include "base/hex.h"
#include "base/json.h"
#include <string.h>

/* RFC 3986, sections 2.3 and 3.3. */
static const char path_extra[] = "/:@!$&'()*+,;=";

static bool is_unreserved(char c)
{
    char folded = (char)(c | 0x20);
    return (folded >= 'a' && folded <= 'z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c));
}

static void put_pair(struct buf *out, unsigned char c, const char *digits)
{
    buf_char(out, digits[c >> 4]);
    buf_char(out, digits[c & 15]);
}

static void put_percent(struct buf *out, struct text value, const char *extra, const char *digits,
                        bool plus)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.data[i];
        if (is_unreserved(c) || (c && strchr(extra, c))) {
            buf_char(out, c);
        } else if (c == ' ' && plus) {
            buf_char(out, '+');
        } else {
            buf_char(out, '%');
            put_pair(out, (unsigned char)c, digits);
        }
    }
}

/* json_put_string changes a value that is no UTF-8, as every writer of JSON does. */
static void put_json(struct buf *out, struct text value, bool slash)
{
    struct buf quoted;
    buf_init(&quoted, secret_form_bytes(value.len, FORM_JSON) + 2);
    buf_reserve(&quoted, quoted.max);
    json_put_string(&quoted, value);
    for (size_t i = 1; i + 1 < quoted.len; i++) {
        if (slash && quoted.data[i] == '/')
            buf_char(out, '\\');
        buf_char(out, quoted.data[i]);
    }
    explicit_bzero(quoted.data, quoted.cap);
    buf_done(&quoted);
}

static void put_hex(struct buf *out, struct text value, const char *digits)
{
    for (size_t i = 0; i < value.len; i++)
        put_pair(out, (unsigned char)value.data[i], digits);
}

/* Appends the characters whose six bits all come from the value, when `shift` bytes precede it. */
static void put_base64(struct buf *out, struct text value, unsigned shift, const char *digits)
{
    size_t first = (8 * (size_t)shift + 5) / 6, end = 8 * (shift + value.len) / 6;
    for (size_t i = first; i < end; i++) {
        size_t bit = 6 * i - 8 * (size_t)shift, byte = bit / 8;
        unsigned pair = (unsigned)(unsigned char)value.data[byte] << 8;
        if (byte + 1 < value.len)
            pair |= (unsigned char)value.data[byte + 1];
        buf_char(out, digits[pair >> (10 - bit % 8) & 63]);
    }
}

size_t secret_form_bytes(size_t value_bytes, enum secret_form form)
{
    if (form == FORM_RAW)
        return value_bytes;
    if (form == FORM_JSON || form == FORM_JSON_SLASH)
        return 6 * value_bytes; /* \u0001 */
    return 3 * value_bytes;     /* %01 */
}

void secret_form_put(struct buf *out, struct text value, enum secret_form form)
{
    buf_reserve(out, secret_form_bytes(value.len, form)); /* at once: growing would leave copies */
    switch (form) {
    case FORM_RAW:
        buf_text(out, value);
        break;
    case FORM_PATH:
        put_percent(out, value, path_extra, hex_upper, false);
        break;
    case FORM_QUERY:
    case FORM_QUERY_LOWER:
        put_percent(out, value, "", form == FORM_QUERY ? hex_upper : hex_lower, false);
        break;
    case FORM_PLUS:
        put_percent(out, value, "", hex_upper, true);
        break;
    case FORM_JSON:
    case FORM_JSON_SLASH:
        put_json(out, value, form == FORM_JSON_SLASH);
        break;
    case FORM_HEX:
    case FORM_HEX_UPPER:
        put_hex(out, value, form == FORM_HEX ? hex_lower : hex_upper);
        break;
    case FORM_BASE64_0:
    case FORM_BASE64_1:
    case FORM_BASE64_2:
        put_base64(out, value, (unsigned)(form - FORM_BASE64_0), base64_alphabet(BASE64_PADDED));
        break;
    case FORM_BASE64URL_0:
    case FORM_BASE64URL_1:
    case FORM_BASE64URL_2:
        put_base64(out, value, (unsigned)(form - FORM_BASE64URL_0), base64_alphabet(BASE64_URL));
        break;
    case SECRET_FORMS:
        break;
    }
}
