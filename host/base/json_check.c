/* SPDX-License-Identifier: MIT */
/* Whether bytes are one JSON value (RFC 8259), without building anything: for what is only handed
 * on, where a stray quote would forge the envelope around it. */
#include "base/json.h"

#include <string.h>

struct check {
    const unsigned char *at, *end;
    int depth, max_depth;
    bool object[JSON_DEPTH_OUT + 1]; /* what stands open at each depth: an object or an array */
};

static void skip_blanks(struct check *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\r' || *c->at == '\t'))
        c->at++;
}

static bool take(struct check *c, unsigned char wanted)
{
    bool there = c->at < c->end && *c->at == wanted;
    c->at += there;
    return there;
}

static bool take_word(struct check *c, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(c->end - c->at) < len || memcmp(c->at, word, len) != 0)
        return false;
    c->at += len;
    return true;
}

static bool take_digits(struct check *c)
{
    const unsigned char *first = c->at;
    while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
        c->at++;
    return c->at > first;
}

static bool take_number(struct check *c)
{
    take(c, '-');
    if (!take(c, '0') && !take_digits(c))
        return false;
    if (take(c, '.') && !take_digits(c))
        return false;
    if (!take(c, 'e') && !take(c, 'E'))
        return true;
    if (!take(c, '-'))
        take(c, '+');
    return take_digits(c);
}

static bool take_escape(struct check *c)
{
    if (c->at == c->end)
        return false;
    unsigned char kind = *c->at++;
    if (kind != 'u')
        return kind && strchr("\"\\/bfnrt", kind);
    for (int i = 0; i < 4; i++, c->at++) {
        if (c->at == c->end || !strchr("0123456789abcdefABCDEF", *c->at) || !*c->at)
            return false;
    }
    return true;
}

static bool take_string(struct check *c)
{
    if (!take(c, '"'))
        return false;
    while (c->at < c->end) {
        unsigned char byte = *c->at;
        size_t step = 1;
        if (byte >= 0x80)
            step = text_utf8_step((struct text){(const char *)c->at, (size_t)(c->end - c->at)});
        if (step == 0 || byte < 0x20)
            return false;
        c->at += step;
        if (byte == '"')
            return true;
        if (byte == '\\' && !take_escape(c))
            return false;
    }
    return false;
}

/* Up to the place where a value stands: a name and its colon where that is an object. */
static bool take_name(struct check *c)
{
    skip_blanks(c);
    if (!c->depth || !c->object[c->depth])
        return true;
    if (!take_string(c))
        return false;
    skip_blanks(c);
    bool colon = take(c, ':');
    skip_blanks(c);
    return colon;
}

/* At '{' or '['. *value: it has something in it, whose place comes next. */
static bool take_opening(struct check *c, bool *value)
{
    if (++c->depth > c->max_depth)
        return false;
    c->object[c->depth] = *c->at++ == '{';
    skip_blanks(c);
    *value = c->at < c->end && *c->at != (c->object[c->depth] ? '}' : ']');
    return true;
}

/* At the first byte of a value; an opening counts as one that is not over yet. */
static bool take_value(struct check *c, bool *opened)
{
    *opened = false;
    if (c->at == c->end)
        return false;
    switch (*c->at) {
    case '{':
    case '[':
        return take_opening(c, opened);
    case '"':
        return take_string(c);
    case 't':
        return take_word(c, "true");
    case 'f':
        return take_word(c, "false");
    case 'n':
        return take_word(c, "null");
    default:
        return take_number(c);
    }
}

/* Behind a value: closes what ends here. *more: another value follows. */
static bool take_closings(struct check *c, bool *more)
{
    for (;;) {
        skip_blanks(c);
        *more = c->depth > 0 && take(c, ',');
        if (*more || c->depth == 0)
            return *more || c->at == c->end;
        if (!take(c, c->object[c->depth] ? '}' : ']'))
            return false;
        c->depth--;
    }
}

bool json_is_value(struct text in, int max_depth)
{
    const unsigned char *at = (const unsigned char *)in.data;
    struct check c = {.at = at, .end = at + in.len};
    c.max_depth = max_depth < JSON_DEPTH_OUT ? max_depth : JSON_DEPTH_OUT;
    for (bool opened = false, more = true; more;) {
        if (!take_name(&c) || !take_value(&c, &opened))
            return false;
        if (!opened && !take_closings(&c, &more))
            return false;
    }
    return true;
}
