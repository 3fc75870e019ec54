/* SPDX-License-Identifier: MIT */
#include "base/json_lex.h"

#include "base/json_number.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_SHOWN = 40 }; /* bytes of a name in an error */

/* ---- errors */

bool json_lex_refuse(struct json_lex *l, const char *at, const char *what)
{
    l->place = JSON_PLACE_BAD;
    return error_set(l->err, ERROR_INVALID, "byte %zu: %s", (size_t)(at - l->start), what);
}

/* "byte 5: expected a value but found 'x'" */
static bool refuse_found(struct json_lex *l, const char *wanted)
{
    char found[16] = "the end";
    if (l->at < l->end) {
        unsigned char c = (unsigned char)*l->at;
        bool printable = c > ' ' && c < 0x7f;
        snprintf(found, sizeof found, printable ? "'%c'" : "byte 0x%02x", c);
    }
    l->place = JSON_PLACE_BAD;
    return error_set(l->err, ERROR_INVALID, "byte %zu: expected %s but found %s",
                     (size_t)(l->at - l->start), wanted, found);
}

static enum json_token bad(bool refused)
{
    (void)refused; /* false, and err is filled */
    return JSON_BAD;
}

/* The name is shown as it stands in the text, where it holds no control characters. */
bool json_lex_refuse_repeated(struct json_lex *l)
{
    struct text name = l->text;
    const char *cut = "";
    if (name.len > NAME_SHOWN) {
        cut = "...";
        name.len = text_utf8_whole((struct text){name.data, NAME_SHOWN});
    }
    l->place = JSON_PLACE_BAD;
    return error_set(l->err, ERROR_INVALID, "byte %zu: name \"%.*s%s\" is repeated",
                     (size_t)(l->token_at - l->start), (int)name.len, name.data, cut);
}

/* ---- numbers */

static bool is_digit(const struct json_lex *l)
{
    return l->at < l->end && (unsigned)(*l->at - '0') <= 9;
}

/* At least one digit. */
static inline bool lex_digits(struct json_lex *l, struct json_decimal *d)
{
    const char *first = l->at;
    l->at = json_decimal_digits(d, first, l->end);
    return l->at > first || refuse_found(l, "a digit");
}

static bool lex_exponent(struct json_lex *l, struct json_decimal *d)
{
    l->at++;
    bool negative = l->at < l->end && *l->at == '-';
    if (l->at < l->end && (*l->at == '-' || *l->at == '+'))
        l->at++;
    if (!is_digit(l))
        return refuse_found(l, "a digit");
    int64_t exponent = 0;
    for (; is_digit(l); l->at++) {
        if (exponent < JSON_EXPONENT_MAX)
            exponent = exponent * 10 + (*l->at - '0');
    }
    d->scale += negative ? -exponent : exponent;
    return true;
}

static bool lex_decimal(struct json_lex *l, struct json_decimal *d)
{
    const char *first = l->at;
    if (!lex_digits(l, d))
        return false;
    if (*first == '0' && l->at - first > 1)
        return json_lex_refuse(l, first, "a number starts with a superfluous 0");
    l->is_integer = true;
    if (l->at < l->end && *l->at == '.') {
        const char *point = l->at++;
        l->is_integer = false;
        if (!lex_digits(l, d))
            return false;
        d->scale = point + 1 - l->at;
    }
    if (l->at == l->end || (*l->at != 'e' && *l->at != 'E'))
        return true;
    l->is_integer = false;
    return lex_exponent(l, d);
}

static bool lex_number(struct json_lex *l)
{
    struct json_decimal d = {.negative = *l->at == '-'};
    l->at += d.negative;
    if (!lex_decimal(l, &d))
        return false;
    l->text = (struct text){l->token_at, (size_t)(l->at - l->token_at)};
    l->is_integer = l->is_integer && json_decimal_int64(&d, &l->integer);
    if (l->is_integer) {
        l->number = d.negative ? -(double)d.mantissa : (double)d.mantissa; /* -0 keeps its sign */
        return true;
    }
    l->number = json_decimal_double(&d, l->text);
    return isfinite(l->number) || l->lax ||
           json_lex_refuse(l, l->token_at, "a number is beyond the range of a double");
}

/* ---- strings */

static int hex4(const char *at, const char *end)
{
    if (end - at < 4)
        return -1;
    int value = 0;
    for (int i = 0; i < 4; i++) {
        unsigned c = (unsigned char)at[i], folded = c | 0x20;
        int digit = c - '0' <= 9       ? (int)(c - '0')
                    : folded - 'a' < 6 ? (int)(folded - 'a') + 10
                                       : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* l->at stands behind "\u". */
static bool check_unicode(struct json_lex *l)
{
    const char *escape = l->at - 2;
    int unit = hex4(l->at, l->end);
    if (unit < 0)
        return json_lex_refuse(l, escape, "\\u wants four hexadecimal digits");
    l->at += 4;
    if (l->lax)
        return true;
    if (unit == 0)
        return json_lex_refuse(l, escape, "a string holds NUL (\\u0000)");
    if (unit < 0xd800 || unit > 0xdfff)
        return true;
    bool pair = unit < 0xdc00 && l->end - l->at >= 6 && l->at[0] == '\\' && l->at[1] == 'u';
    int low = pair ? hex4(l->at + 2, l->end) : -1;
    if (low < 0xdc00 || low > 0xdfff)
        return json_lex_refuse(l, escape, "lone surrogate");
    l->at += 6;
    return true;
}

/* l->at stands on the backslash. */
static bool check_escape(struct json_lex *l, const char *opening)
{
    const char *escape = l->at;
    if (l->end - l->at < 2)
        return json_lex_refuse(l, opening, "a string does not end");
    char c = l->at[1];
    l->at += 2;
    l->escaped = true;
    if (c == 'u')
        return check_unicode(l);
    return (c && strchr("\"\\/bfnrt", c)) ||
           json_lex_refuse(l, escape, "unknown escape in a string");
}

/* One character of more than one byte, or what may not stand in a string. */
static bool check_odd_byte(struct json_lex *l)
{
    if ((unsigned char)*l->at < 0x20)
        return json_lex_refuse(l, l->at, "a string holds a raw control character");
    size_t step = text_utf8_step((struct text){l->at, (size_t)(l->end - l->at)});
    l->at += step;
    return step > 0 || json_lex_refuse(l, l->at, "invalid UTF-8");
}

/* l->at stands on the opening quote. */
static bool lex_string(struct json_lex *l)
{
    const char *opening = l->at++;
    l->escaped = false;
    for (;;) {
        l->at = text_json_plain(l->at, l->end);
        if (l->at == l->end)
            return json_lex_refuse(l, opening, "a string does not end");
        if (*l->at == '"')
            break;
        if (!(*l->at == '\\' ? check_escape(l, opening) : check_odd_byte(l)))
            return false;
    }
    l->text = (struct text){opening + 1, (size_t)(l->at - opening) - 1};
    l->at++;
    return true;
}

static char *put_utf8(char *out, unsigned c)
{
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    int extra = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    *out++ = (char)(lead[extra] | c >> 6 * extra);
    while (extra-- > 0)
        *out++ = (char)(0x80 | (c >> 6 * extra & 0x3f));
    return out;
}

/* at stands on a backslash of a text that was checked; *out gets what the escape stands for. */
static const char *unescape_one(const char *at, const char *end, char **out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (at[1] != 'u') {
        *(*out)++ = to[strchr(from, at[1]) - from];
        return at + 2;
    }
    unsigned c = (unsigned)hex4(at + 2, end);
    at += 6;
    if (c >= 0xd800 && c <= 0xdfff) {
        c = 0x10000 + (c - 0xd800) * 0x400 + ((unsigned)hex4(at + 2, end) - 0xdc00);
        at += 6;
    }
    *out = put_utf8(*out, c);
    return at;
}

size_t json_lex_unescape(struct text text, char *out)
{
    const char *at = text.data, *end = at + text.len;
    char *first = out;
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        const char *stop = escape ? escape : end;
        memcpy(out, at, (size_t)(stop - at));
        out += stop - at;
        at = escape ? unescape_one(escape, end, &out) : end;
    }
    return (size_t)(out - first);
}

/* ---- what stands where */

static void skip_blanks(struct json_lex *l)
{
    while (l->at < l->end && (*l->at == ' ' || *l->at == '\n' || *l->at == '\r' || *l->at == '\t'))
        l->at++;
}

static enum json_token behind_value(struct json_lex *l, enum json_token token)
{
    l->place = l->depth ? JSON_PLACE_BEHIND : JSON_PLACE_END;
    return token;
}

static enum json_token lex_word(struct json_lex *l, const char *word, enum json_token token)
{
    size_t len = strlen(word);
    if ((size_t)(l->end - l->at) < len || memcmp(l->at, word, len) != 0)
        return bad(refuse_found(l, "a value"));
    l->at += len;
    return behind_value(l, token);
}

static enum json_token open_container(struct json_lex *l, enum json_token token)
{
    if (l->depth == JSON_DEPTH_OUT) {
        l->place = JSON_PLACE_BAD;
        return bad(error_set(l->err, ERROR_LIMIT, "byte %zu: more than %d levels deep",
                             (size_t)(l->at - l->start), JSON_DEPTH_OUT));
    }
    l->at++;
    l->is_object[++l->depth] = token == JSON_OBJECT;
    l->place = token == JSON_OBJECT ? JSON_PLACE_FIRST_NAME : JSON_PLACE_FIRST_ITEM;
    return token;
}

static enum json_token close_container(struct json_lex *l)
{
    bool object = l->is_object[l->depth--];
    l->at++;
    return behind_value(l, object ? JSON_OBJECT_END : JSON_ARRAY_END);
}

/* Where no value begins. */
static enum json_token lex_no_value(struct json_lex *l)
{
    bool mark = l->at == l->start && l->end - l->at >= 3 && memcmp(l->at, "\xef\xbb\xbf", 3) == 0;
    return bad(mark ? json_lex_refuse(l, l->at, "a byte order mark stands in front")
                    : refuse_found(l, "a value"));
}

static enum json_token lex_value(struct json_lex *l)
{
    l->token_at = l->at;
    switch (l->at < l->end ? *l->at : 0) {
    case '{':
        return open_container(l, JSON_OBJECT);
    case '[':
        return open_container(l, JSON_ARRAY);
    case '"':
        return lex_string(l) ? behind_value(l, JSON_STRING) : JSON_BAD;
    case 't':
        return lex_word(l, "true", JSON_TRUE);
    case 'f':
        return lex_word(l, "false", JSON_FALSE);
    case 'n':
        return lex_word(l, "null", JSON_NULL);
    default:
        if (!is_digit(l) && (l->at == l->end || *l->at != '-'))
            return lex_no_value(l);
        return lex_number(l) ? behind_value(l, JSON_NUMBER) : JSON_BAD;
    }
}

static enum json_token lex_name(struct json_lex *l)
{
    l->token_at = l->at;
    if (l->at == l->end || *l->at != '"')
        return bad(refuse_found(l, "a name in quotes"));
    if (!lex_string(l))
        return JSON_BAD;
    skip_blanks(l);
    if (l->at == l->end || *l->at != ':')
        return bad(refuse_found(l, "':'"));
    l->at++;
    l->place = JSON_PLACE_VALUE;
    return JSON_NAME;
}

void json_lex_init(struct json_lex *l, struct text in, struct error *err)
{
    l->start = l->at = in.data ? in.data : "";
    l->end = l->start + in.len;
    l->err = err;
    l->lax = false;
    l->depth = 0;
    l->place = JSON_PLACE_VALUE;
}

/* Behind an element, where it is not the end that comes. */
static bool lex_comma(struct json_lex *l)
{
    if (l->at == l->end || *l->at != ',')
        return refuse_found(l, l->is_object[l->depth] ? "',' or '}'" : "',' or ']'");
    l->at++;
    skip_blanks(l);
    return true;
}

enum json_token json_lex_next(struct json_lex *l)
{
    skip_blanks(l);
    char c = l->at < l->end ? *l->at : 0;
    switch (l->place) {
    case JSON_PLACE_VALUE:
        break;
    case JSON_PLACE_FIRST_ITEM:
        if (c == ']')
            return close_container(l);
        break;
    case JSON_PLACE_FIRST_NAME:
        return c == '}' ? close_container(l) : lex_name(l);
    case JSON_PLACE_BEHIND:
        if (c == (l->is_object[l->depth] ? '}' : ']'))
            return close_container(l);
        if (!lex_comma(l))
            return JSON_BAD;
        if (l->is_object[l->depth])
            return lex_name(l);
        break;
    case JSON_PLACE_END:
        return l->at == l->end ? JSON_END : bad(refuse_found(l, "the end"));
    default:
        return JSON_BAD;
    }
    return lex_value(l);
}
