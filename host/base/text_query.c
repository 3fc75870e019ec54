/* SPDX-License-Identifier: MIT */
/* Percent-encoding (RFC 3986, section 2.1) and query strings
 * (https://url.spec.whatwg.org/#urlencoded-parsing, but malformed escapes are refused). */
#include "base/hex.h"
#include "base/text.h"

#include <string.h>

/* out has cap bytes with the NUL. */
static bool decode(struct text in, bool plus_is_space, char *out, size_t cap, size_t *out_len)
{
    size_t len = 0;
    for (size_t i = 0; i < in.len; i++) {
        char c = in.data[i];
        if (c == '%') {
            if (in.len - i < 3)
                return false;
            int high = hex_digit(in.data[i + 1]), low = hex_digit(in.data[i + 2]);
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0' || len + 1 >= cap)
            return false;
        out[len++] = c;
    }
    out[len] = '\0';
    *out_len = len;
    return true;
}

bool text_percent_decode(struct text in, char *out, size_t *out_len)
{
    return decode(in, false, out, in.len + 1, out_len);
}

/* Whether `part`, once decoded, is `name`.
 * Malformed escapes do not match; the caller refuses them. */
static bool names_it(struct text part, const char *name)
{
    for (size_t i = 0; i < part.len; i++) {
        char c = part.data[i];
        if (c == '%' && part.len - i >= 3) {
            c = (char)(hex_digit(part.data[i + 1]) << 4 | hex_digit(part.data[i + 2]));
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        if (*name == '\0' || *name++ != c)
            return false;
    }
    return *name == '\0';
}

static bool escapes_ok(struct text part)
{
    for (size_t i = 0; i < part.len; i++) {
        if (part.data[i] != '%')
            continue;
        if (part.len - i < 3 || hex_digit(part.data[i + 1]) < 0 || hex_digit(part.data[i + 2]) < 0)
            return false;
        i += 2;
    }
    return true;
}

int text_query(struct text query, const char *name, char *out, size_t cap)
{
    if (cap == 0)
        return -1;
    out[0] = '\0';
    int count = 0;
    while (query.data) {
        struct text value = text_cut(&query, '&');
        struct text key = text_cut(&value, '=');
        if (!escapes_ok(key))
            return -1;
        if (!names_it(key, name))
            continue;
        size_t len;
        if (count++ == 0 && !decode(value, true, out, cap, &len)) {
            out[0] = '\0'; /* it was filled without an end */
            return -1;
        }
    }
    return count;
}
