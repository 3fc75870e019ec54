/* SPDX-License-Identifier: MIT */
#include "domain/schema/regex_ecma.h"

#include "base/hex.h"
#include "domain/schema/regex.h"
#include "domain/schema/regex_class.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { NESTING_MAX = 32, NAME_MAX_BYTES = 32, PROPERTY_MAX = 64, NOT_ONE = -1 };

struct parser {
    const char *start, *at, *end;
    struct buf *out;
    struct error *err;
    int depth;
    unsigned groups; /* of the whole pattern */
};

static bool wrong(struct parser *p, const char *at, const char *format, ...) PRINTF_LIKE(3, 4);
static bool wrong(struct parser *p, const char *at, const char *format, ...)
{
    char text[ERROR_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t character = text_utf8_count((struct text){p->start, (size_t)(at - p->start)}) + 1;
    return error_set(p->err, ERROR_INVALID, "character %zu: %s", character, text);
}

static bool is_next(const struct parser *p, const char *word)
{
    return text_starts((struct text){p->at, (size_t)(p->end - p->at)}, word);
}

static bool skip_word(struct parser *p, const char *word)
{
    bool there = is_next(p, word);
    p->at += there ? strlen(word) : 0;
    return there;
}

static bool is_digit(const struct parser *p)
{
    return p->at < p->end && *p->at >= '0' && *p->at <= '9';
}

static void put_character(struct parser *p, int32_t c)
{
    buf_printf(p->out, "\\x{%x}", (unsigned)c);
}

/* ---- single characters */

static int32_t take_character(struct parser *p)
{
    const unsigned char *b = (const unsigned char *)p->at;
    static const unsigned char leads[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t step = text_utf8_step((struct text){p->at, (size_t)(p->end - p->at)});
    int32_t c = b[0] & leads[step];
    for (size_t i = 1; i < step; i++)
        c = c << 6 | (b[i] & 0x3f);
    p->at += step;
    return c;
}

/* NOT_ONE: fewer than `least` or more than `most` digits stand here. */
static int32_t take_hex(struct parser *p, int least, int most)
{
    int32_t value = 0;
    int count = 0;
    for (; p->at < p->end && count < most; p->at++, count++) {
        int digit = hex_digit(*p->at);
        if (digit < 0)
            break;
        value = value << 4 | digit;
    }
    return count >= least ? value : NOT_ONE;
}

/* Behind "\u". */
static bool take_unicode(struct parser *p, const char *escape, int32_t *c)
{
    if (skip_word(p, "{")) {
        *c = take_hex(p, 1, 6);
        if (!skip_word(p, "}") || *c > 0x10ffff)
            return wrong(p, escape, "\\u{…} wants one to six hexadecimal digits, 10FFFF at most");
    } else {
        *c = take_hex(p, 4, 4);
        if (*c >= 0xd800 && *c <= 0xdbff && skip_word(p, "\\u")) {
            int32_t low = take_hex(p, 4, 4);
            *c = low >= 0xdc00 && low <= 0xdfff ? 0x10000 + (*c - 0xd800) * 0x400 + low - 0xdc00
                                                : *c;
        }
    }
    if (*c < 0)
        return wrong(p, escape, "\\u wants four hexadecimal digits");
    return (*c < 0xd800 || *c > 0xdfff) || wrong(p, escape, "a lone surrogate matches nothing");
}

/* The character that an escape stands for, behind the backslash. */
static bool take_escaped(struct parser *p, bool in_class, int32_t *c)
{
    static const char from[] = "tnvfr0", to[] = "\t\n\v\f\r";
    static const char syntax[] = "^$\\.*+?()[]{}|/";
    const char *escape = p->at - 1;
    char letter = *p->at++;
    const char *found = letter ? strchr(from, letter) : NULL;
    if (letter == '0' && is_digit(p))
        return wrong(p, escape, "no digit may follow \\0");
    if (found) {
        *c = (unsigned char)to[found - from];
        return true;
    }
    if (letter == 'u')
        return take_unicode(p, escape, c);
    if (letter == 'x') {
        *c = take_hex(p, 2, 2);
        return *c >= 0 || wrong(p, escape, "\\x wants two hexadecimal digits");
    }
    if (letter == 'c' && p->at < p->end &&
        ((*p->at >= 'a' && *p->at <= 'z') || (*p->at >= 'A' && *p->at <= 'Z'))) {
        *c = *p->at++ & 0x1f;
        return true;
    }
    *c = (unsigned char)letter;
    if ((letter && strchr(syntax, letter)) || (in_class && letter == '-'))
        return true;
    p->at--;
    struct text shown = {p->at, text_utf8_step((struct text){p->at, (size_t)(p->end - p->at)})};
    return wrong(p, escape, "\\%.*s is no escape of ECMA-262", (int)shown.len, shown.data);
}

/* ---- sets of characters */

/* Behind "\p" or "\P". */
static bool take_property(struct parser *p, char letter)
{
    const char *escape = p->at - 2, *name = p->at + 1;
    char property[PROPERTY_MAX];
    bool braced = skip_word(p, "{");
    while (p->at < p->end && *p->at != '}')
        p->at++;
    if (!braced || p->at == p->end)
        return wrong(p, escape, "\\%c wants the name of a property in braces", letter);
    struct text given = {name, (size_t)(p->at++ - name)};
    for (size_t i = 0; i < given.len; i++) {
        char c = given.data[i];
        bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!word && c != '_' && c != '=')
            return wrong(p, escape, "\\%c wants the name of a property in braces", letter);
    }
    if (!regex_property(given, property, sizeof property))
        return wrong(p, escape, "unknown property \"%.*s\"", (int)(given.len < 40 ? given.len : 40),
                     given.data);
    buf_printf(p->out, "\\%c{%s}", letter, property);
    return true;
}

/* \d \p{…} and the like, behind the backslash: *is_set, and it is written. */
static bool take_set(struct parser *p, bool in_class, bool *is_set)
{
    char letter = *p->at;
    const char *set = regex_class(letter);
    *is_set = set || letter == 'p' || letter == 'P';
    if (!*is_set)
        return true;
    p->at++;
    if (!set)
        return take_property(p, letter);
    buf_printf(p->out, in_class ? "%s" : "[%s]", set);
    return true;
}

/* One character of a class, or a set: then *c is NOT_ONE. */
static bool take_class_atom(struct parser *p, int32_t *c)
{
    bool is_set = false;
    if (!skip_word(p, "\\")) {
        *c = take_character(p);
        return true;
    }
    *c = NOT_ONE;
    if (p->at == p->end)
        return wrong(p, p->at - 1, "a backslash stands at the end");
    if (*p->at == 'b') {
        p->at++;
        *c = '\b';
        return true;
    }
    return take_set(p, true, &is_set) && (is_set || take_escaped(p, true, c));
}

static bool take_range(struct parser *p)
{
    const char *at = p->at;
    int32_t first, last;
    if (!take_class_atom(p, &first))
        return false;
    bool range = p->end - p->at >= 2 && *p->at == '-' && p->at[1] != ']';
    if (first != NOT_ONE)
        put_character(p, first);
    if (!range)
        return true;
    p->at++;
    if (first == NOT_ONE)
        return wrong(p, at, "a range starts with a set of characters");
    buf_char(p->out, '-');
    if (!take_class_atom(p, &last))
        return false;
    if (last == NOT_ONE)
        return wrong(p, at, "a range ends with a set of characters");
    if (last < first)
        return wrong(p, at, "a range is out of order");
    put_character(p, last);
    return true;
}

/* Behind "[". */
static bool take_class(struct parser *p)
{
    const char *opening = p->at - 1;
    bool negated = skip_word(p, "^");
    if (skip_word(p, "]")) { /* nothing, or anything */
        buf_str(p->out, negated ? "[\\x{0}-\\x{10ffff}]" : "(?!)");
        return true;
    }
    buf_str(p->out, negated ? "[^" : "[");
    while (p->at < p->end && *p->at != ']') {
        if (!take_range(p))
            return false;
    }
    if (!skip_word(p, "]"))
        return wrong(p, opening, "[ is not closed");
    buf_char(p->out, ']');
    return true;
}

/* ---- groups and references */

/* "name>", written as it is. */
static bool take_name(struct parser *p)
{
    const char *name = p->at;
    for (; p->at < p->end && *p->at != '>'; p->at++) {
        char c = *p->at;
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (p->at == name || c < '0' || c > '9'))
            return wrong(p, name, "a group's name is letters, digits and _");
    }
    size_t len = (size_t)(p->at - name);
    if (len == 0 || len > NAME_MAX_BYTES || p->at == p->end)
        return wrong(p, name, "a group's name has 1 to %d characters and ends with >",
                     NAME_MAX_BYTES);
    buf_add(p->out, name, len + 1);
    p->at++;
    return true;
}

static bool take_alternatives(struct parser *p);

/* Behind "(". *atom: it may be repeated. */
static bool take_group(struct parser *p, bool *atom)
{
    static const char *const looks[] = {"?=", "?!", "?<=", "?<!"};
    const char *opening = p->at - 1, *look = NULL;
    for (size_t i = 0; i < ARRAY_LEN(looks) && !look; i++)
        look = skip_word(p, looks[i]) ? looks[i] : NULL;
    *atom = look == NULL;
    buf_char(p->out, '(');
    if (look)
        buf_str(p->out, look);
    else if (skip_word(p, "?:"))
        buf_str(p->out, "?:");
    else if (skip_word(p, "?<")) {
        buf_str(p->out, "?<");
        if (!take_name(p))
            return false;
    } else if (is_next(p, "?"))
        return wrong(p, opening, "(? is followed by : = ! <= <! or <name> only");
    if (++p->depth > NESTING_MAX)
        return wrong(p, opening, "groups nest deeper than %d", NESTING_MAX);
    if (!take_alternatives(p))
        return false;
    p->depth--;
    if (!skip_word(p, ")"))
        return wrong(p, opening, "( is not closed");
    buf_char(p->out, ')');
    return true;
}

static unsigned count_groups(const struct parser *p)
{
    unsigned count = 0;
    bool in_class = false;
    for (const char *at = p->at; at < p->end; at++) {
        if (*at == '\\' && at + 1 < p->end)
            at++;
        else if (*at == '[' || *at == ']')
            in_class = *at == '[';
        else if (*at == '(' && !in_class) {
            size_t left = (size_t)(p->end - at);
            bool named = left > 3 && memcmp(at, "(?<", 3) == 0 && at[3] != '=' && at[3] != '!';
            count += named || left < 2 || at[1] != '?';
        }
    }
    return count;
}

static bool take_reference(struct parser *p)
{
    const char *escape = p->at - 1;
    unsigned number = 0;
    for (; is_digit(p) && number <= p->groups; p->at++)
        number = number * 10 + (unsigned)(*p->at - '0');
    if (number > p->groups)
        return wrong(p, escape, "there is no such group to refer to");
    buf_printf(p->out, "\\g{%u}", number);
    return true;
}

/* Behind a backslash. *atom: it may be repeated. */
static bool take_escape(struct parser *p, bool *atom)
{
    int32_t c = 0;
    bool is_set;
    if (p->at == p->end)
        return wrong(p, p->at - 1, "a backslash stands at the end");
    if (*p->at == 'b' || *p->at == 'B') { /* their \w is ECMA-262's */
        *atom = false;
        buf_printf(p->out, "\\%c", *p->at++);
        return true;
    }
    if (*p->at >= '1' && *p->at <= '9')
        return take_reference(p);
    if (skip_word(p, "k<")) {
        buf_str(p->out, "\\k<");
        return take_name(p);
    }
    if (!take_set(p, false, &is_set))
        return false;
    if (is_set)
        return true;
    if (!take_escaped(p, false, &c))
        return false;
    put_character(p, c);
    return true;
}

/* ---- terms */

/* "{2,5}", written as it is. */
static bool take_counts(struct parser *p)
{
    const char *opening = p->at++;
    unsigned counts[2] = {0, REGEX_COUNT};
    for (int i = 0; i < 2; i++) {
        const char *first = p->at;
        unsigned n = 0;
        for (; is_digit(p); p->at++)
            n = n < 100000 ? n * 10 + (unsigned)(*p->at - '0') : n;
        if (p->at > first)
            counts[i] = n;
        else if (i == 0)
            return wrong(p, opening, "{ wants counts such as {2,5}; write \\{ for the character");
        if (n > REGEX_COUNT)
            return wrong(p, opening, "a count is at most %d", REGEX_COUNT);
        if (i == 0 && !skip_word(p, ",")) {
            counts[1] = n;
            break;
        }
    }
    if (!skip_word(p, "}"))
        return wrong(p, opening, "{ wants counts such as {2,5}; write \\{ for the character");
    if (counts[1] < counts[0])
        return wrong(p, opening, "the counts are out of order");
    buf_add(p->out, opening, (size_t)(p->at - opening));
    return true;
}

static bool take_quantifier(struct parser *p)
{
    if (p->at < p->end && (*p->at == '*' || *p->at == '+' || *p->at == '?'))
        buf_char(p->out, *p->at++);
    else if (!is_next(p, "{"))
        return true;
    else if (!take_counts(p))
        return false;
    if (skip_word(p, "?"))
        buf_char(p->out, '?');
    return true;
}

static bool take_term(struct parser *p)
{
    bool atom = true, fine = true;
    char c = *p->at;
    if (c == '*' || c == '+' || c == '?' || c == '{')
        return wrong(p, p->at, "nothing to repeat; write \\%c for the character", c);
    if (c == ']' || c == '}')
        return wrong(p, p->at, "%c opens nowhere; write \\%c for the character", c, c);
    if (c == '^' || c == '$') {
        atom = false;
        buf_char(p->out, c);
        p->at++;
    } else if (skip_word(p, "."))
        buf_printf(p->out, "[%s]", regex_class_dot);
    else if (skip_word(p, "["))
        fine = take_class(p);
    else if (skip_word(p, "("))
        fine = take_group(p, &atom);
    else if (skip_word(p, "\\"))
        fine = take_escape(p, &atom);
    else
        put_character(p, take_character(p));
    return fine && (!atom || take_quantifier(p));
}

static bool take_alternatives(struct parser *p)
{
    while (p->at < p->end && *p->at != ')') {
        if (skip_word(p, "|"))
            buf_char(p->out, '|');
        else if (!take_term(p))
            return false;
    }
    return true;
}

bool regex_translate(struct text pattern, struct buf *out, struct error *err)
{
    struct parser p = {.start = pattern.data,
                       .at = pattern.data,
                       .end = pattern.data + pattern.len,
                       .out = out,
                       .err = err};
    p.groups = count_groups(&p);
    if (!take_alternatives(&p))
        return false;
    return p.at == p.end || wrong(&p, p.at, ") opens nowhere; write \\) for the character");
}
