/* SPDX-License-Identifier: MIT */
#include "runner/lib/pattern.h"
#include "runner/vm/vm.h"
#include <string.h>

/* Marks in pattern_capture.bytes. */
enum { CAPTURE_OPEN = -1, CAPTURE_POSITION = -2 };

static const char *match(struct pattern *m, const char *s, const char *p);

/* ---- one character ---- */

/* The classes of each byte, as in the C locale whatever the process's is. */
enum class {
    ALPHA = 1,
    CNTRL = 2,
    DIGIT = 4,
    GRAPH = 8,
    LOWER = 16,
    PUNCT = 32,
    SPACE = 64,
    UPPER = 128,
    ALNUM = 256,
    XDIGIT = 512,
    ZERO = 1024,
};

static const uint16_t classes[256] = {
    [0] = CNTRL | ZERO,
    [1 ... 8] = CNTRL,
    ['\t' ... '\r'] = CNTRL | SPACE,
    [14 ... 31] = CNTRL,
    [' '] = SPACE,
    ['!' ... '/'] = GRAPH | PUNCT,
    ['0' ... '9'] = GRAPH | DIGIT | ALNUM | XDIGIT,
    [':' ... '@'] = GRAPH | PUNCT,
    ['A' ... 'F'] = GRAPH | UPPER | ALPHA | ALNUM | XDIGIT,
    ['G' ... 'Z'] = GRAPH | UPPER | ALPHA | ALNUM,
    ['[' ... '`'] = GRAPH | PUNCT,
    ['a' ... 'f'] = GRAPH | LOWER | ALPHA | ALNUM | XDIGIT,
    ['g' ... 'z'] = GRAPH | LOWER | ALPHA | ALNUM,
    ['{' ... '~'] = GRAPH | PUNCT,
    [127] = CNTRL,
};

/* %z is undocumented since Lua 5.2, but still there. */
static const uint16_t letter_classes['z' + 1] = {
    ['a'] = ALPHA, ['c'] = CNTRL, ['d'] = DIGIT, ['g'] = GRAPH,  ['l'] = LOWER, ['p'] = PUNCT,
    ['s'] = SPACE, ['u'] = UPPER, ['w'] = ALNUM, ['x'] = XDIGIT, ['z'] = ZERO,
};

/* The class of a "%a" or "%A"; 0: the letter stands for itself. */
static inline int class_of(int letter)
{
    int lower = letter | 0x20;
    return lower <= 'z' ? letter_classes[lower] : 0;
}

/* True when c is of the class that the letter behind a '%' names; a capital is the complement. */
static inline bool class_has(int c, int letter)
{
    int class = class_of(letter);
    if (!class)
        return letter == c;
    return !(classes[c] & class) == !(letter & 0x20);
}

/* True when c is in the set whose '[' is at p and whose ']' is at last. */
static bool set_has(int c, const char *p, const char *last)
{
    bool inside = true;
    if (p[1] == '^') {
        inside = false;
        p++;
    }
    while (++p < last) {
        if (*p == '%') {
            p++;
            if (class_has(c, (unsigned char)*p))
                return inside;
        } else if (p[1] == '-' && p + 2 < last) {
            if ((unsigned char)p[0] <= c && c <= (unsigned char)p[2])
                return inside;
            p += 2;
        } else if ((unsigned char)*p == c) {
            return inside;
        }
    }
    return !inside;
}

/* Finds where the set at p ('[') ends, behind its ']'. The first character is never its end. */
static const char *set_end(struct pattern *m, const char *p)
{
    p++;
    if (*p == '^')
        p++;
    do {
        if (p == m->text_end)
            luaL_error(m->L, "malformed pattern (missing ']')");
        if (*p++ == '%' && p < m->text_end)
            p++;
    } while (*p != ']'); /* the NUL at the end is no ']' */
    return p + 1;
}

/* Finds where the single-character item at p (a letter, a class, a set) ends, before
 * any repetition sign. */
static inline const char *item_end(struct pattern *m, const char *p)
{
    if (*p == '%') {
        if (p + 1 == m->text_end)
            luaL_error(m->L, "malformed pattern (ends with '%%')");
        return p + 2;
    }
    return *p == '[' ? set_end(m, p) : p + 1;
}

static inline bool item_has(const char *p, const char *end, int c)
{
    switch (*p) {
    case '.':
        return true;
    case '%':
        return class_has(c, (unsigned char)p[1]);
    case '[':
        return set_has(c, p, end - 1);
    default:
        return (unsigned char)*p == c;
    }
}

static inline bool item_at(const struct pattern *m, const char *s, const char *p, const char *end)
{
    return s < m->subject_end && item_has(p, end, (unsigned char)*s);
}

/* ---- repetitions: item at p, its sign at sign ---- */

/* A set is read once into a table when it is to be asked many times. */
static const char *skip_set(struct pattern *m, const char *s, const char *p, const char *sign)
{
    enum { WORTH_A_TABLE = 512 };
    const char *probe = s;
    while (probe - s < WORTH_A_TABLE && item_at(m, probe, p, sign)) {
        probe++;
        vm_poll(m->L); /* the set itself may be megabytes long */
    }
    if (probe - s < WORTH_A_TABLE)
        return probe;
    bool has[256];
    for (int c = 0; c < 256; c++) {
        has[c] = set_has(c, p, sign - 1);
        vm_poll(m->L);
    }
    while (probe < m->subject_end && has[(unsigned char)*probe])
        probe++;
    return probe;
}

static const char *skip_class(const struct pattern *m, const char *s, int letter)
{
    int class = class_of(letter);
    bool out = !(letter & 0x20);
    while (s < m->subject_end && !(classes[(unsigned char)*s] & class) == out)
        s++;
    return s;
}

static const char *skip_all(struct pattern *m, const char *s, const char *p, const char *sign)
{
    if (*p == '.')
        return m->subject_end;
    if (*p == '[')
        return skip_set(m, s, p, sign);
    if (*p == '%' && class_of((unsigned char)p[1]))
        return skip_class(m, s, (unsigned char)p[1]);
    char literal = sign[-1];
    while (s < m->subject_end && *s == literal)
        s++;
    return s;
}

static const char *match_longest(struct pattern *m, const char *s, const char *p, const char *sign)
{
    for (const char *at = skip_all(m, s, p, sign); at >= s; at--) {
        const char *end = match(m, at, sign + 1);
        if (end)
            return end;
    }
    return NULL;
}

static const char *match_shortest(struct pattern *m, const char *s, const char *p, const char *sign)
{
    for (;;) {
        const char *end = match(m, s, sign + 1);
        if (end)
            return end;
        if (!item_at(m, s, p, sign))
            return NULL;
        s++;
    }
}

/* ---- captures ---- */

static const char *capture_open(struct pattern *m, const char *s, const char *p, ptrdiff_t mark)
{
    if (m->captures >= PATTERN_CAPTURES)
        luaL_error(m->L, "too many captures");
    m->capture[m->captures].start = s;
    m->capture[m->captures].bytes = mark;
    m->captures++;
    const char *end = match(m, s, p);
    if (!end)
        m->captures--;
    return end;
}

static const char *capture_close(struct pattern *m, const char *s, const char *p)
{
    int i = m->captures - 1;
    while (i >= 0 && m->capture[i].bytes != CAPTURE_OPEN)
        i--;
    if (i < 0)
        luaL_error(m->L, "invalid pattern capture");
    m->capture[i].bytes = s - m->capture[i].start;
    const char *end = match(m, s, p);
    if (!end)
        m->capture[i].bytes = CAPTURE_OPEN;
    return end;
}

/* Matches "%1", the text of an earlier capture again. Gives the place behind it. */
static const char *capture_again(const struct pattern *m, const char *s, int digit)
{
    int i = digit - '1';
    if (i < 0 || i >= m->captures || m->capture[i].bytes == CAPTURE_OPEN)
        luaL_error(m->L, "invalid capture index %%%d", i + 1);
    ptrdiff_t bytes = m->capture[i].bytes;
    if (bytes == CAPTURE_POSITION || m->subject_end - s < bytes)
        return NULL;
    return memcmp(m->capture[i].start, s, (size_t)bytes) == 0 ? s + bytes : NULL;
}

/* ---- %b and %f ---- */

/* Matches "%bxy"; p is at x. */
static const char *match_balance(const struct pattern *m, const char *s, const char *p)
{
    if (p >= m->text_end - 1)
        luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
    if (s >= m->subject_end || *s != *p)
        return NULL;
    size_t open = 1;
    while (++s < m->subject_end) {
        if (*s == p[1]) {
            if (--open == 0)
                return s + 1;
        } else if (*s == *p) {
            open++;
        }
    }
    return NULL;
}

/* Matches "%f[set]"; p is behind the f. Gives the pattern behind the set when s is
 * at the frontier. */
static const char *match_frontier(struct pattern *m, const char *s, const char *p)
{
    if (*p != '[')
        luaL_error(m->L, "missing '[' after '%%f' in pattern");
    const char *end = set_end(m, p);
    int before = s == m->subject ? 0 : (unsigned char)s[-1];
    int here = s == m->subject_end ? 0 : (unsigned char)*s;
    return !set_has(before, p, end - 1) && set_has(here, p, end - 1) ? end : NULL;
}

/* ---- the matcher ---- */

/* Matches an item that is no single character. CONTINUE: go on at *s, *p. DONE: *s is the result
 * (NULL: no match). */
enum step { STEP_ITEM, STEP_CONTINUE, STEP_DONE };

static enum step match_percent(struct pattern *m, const char **s, const char **p)
{
    int letter = (unsigned char)(*p)[1];
    if (letter == 'b') {
        *s = match_balance(m, *s, *p + 2);
        *p += 4;
    } else if (letter == 'f') {
        *p = match_frontier(m, *s, *p + 2);
        if (!*p)
            *s = NULL;
    } else if (letter >= '0' && letter <= '9') {
        *s = capture_again(m, *s, letter);
        *p += 2;
    } else {
        return STEP_ITEM;
    }
    return *s ? STEP_CONTINUE : STEP_DONE;
}

static inline enum step match_special(struct pattern *m, const char **s, const char **p)
{
    switch (**p) {
    case '(':
        *s = (*p)[1] == ')' ? capture_open(m, *s, *p + 2, CAPTURE_POSITION)
                            : capture_open(m, *s, *p + 1, CAPTURE_OPEN);
        return STEP_DONE;
    case ')':
        *s = capture_close(m, *s, *p + 1);
        return STEP_DONE;
    case '$':
        if (*p + 1 != m->text_end)
            return STEP_ITEM;
        if (*s != m->subject_end)
            *s = NULL;
        return STEP_DONE;
    case '%':
        return match_percent(m, s, p);
    default:
        return STEP_ITEM;
    }
}

/* Matches a single-character item with its repetition sign. */
static inline enum step match_item(struct pattern *m, const char **s, const char **p)
{
    const char *sign = item_end(m, *p);
    if (!item_at(m, *s, *p, sign)) {
        bool may_miss = sign < m->text_end && (*sign == '*' || *sign == '?' || *sign == '-');
        *p = sign + 1;
        if (!may_miss)
            *s = NULL;
        return may_miss ? STEP_CONTINUE : STEP_DONE;
    }
    const char *end;
    switch (*sign) {
    case '?':
        end = match(m, *s + 1, sign + 1);
        if (!end) {
            *p = sign + 1;
            return STEP_CONTINUE;
        }
        *s = end;
        return STEP_DONE;
    case '+':
        *s = match_longest(m, *s + 1, *p, sign);
        return STEP_DONE;
    case '*':
        *s = match_longest(m, *s, *p, sign);
        return STEP_DONE;
    case '-':
        *s = match_shortest(m, *s, *p, sign);
        return STEP_DONE;
    default:
        ++*s;
        *p = sign;
        return STEP_CONTINUE;
    }
}

/* Gives the end of a match of the pattern from p on that starts at s; NULL: there is none. */
static const char *match(struct pattern *m, const char *s, const char *p)
{
    if (m->depth-- == 0)
        luaL_error(m->L, "pattern too complex");
    vm_poll(m->L);
    enum step step = STEP_CONTINUE;
    while (step == STEP_CONTINUE && p != m->text_end) {
        step = match_special(m, &s, &p);
        if (step == STEP_ITEM)
            step = match_item(m, &s, &p);
    }
    m->depth++;
    return s;
}

/* ---- interface ---- */

void pattern_init(struct pattern *m, lua_State *L, const char *subject, size_t subject_bytes,
                  const char *text, size_t text_bytes, bool may_anchor)
{
    m->L = L;
    m->subject = subject;
    m->subject_end = subject + subject_bytes;
    m->anchored = may_anchor && *text == '^';
    m->text = text + m->anchored;
    m->text_end = text + text_bytes;
    m->captures = 0;
}

/* The character that each match must start with, or -1: lets the search skip ahead by memchr. */
static int first_literal(const struct pattern *m)
{
    const char *p = m->text;
    if (p == m->text_end || strchr("($%.[)", *p)) /* strchr finds NUL too: not worth a skip */
        return -1;
    if (p + 1 < m->text_end && strchr("*?-", p[1]))
        return -1;
    return (unsigned char)*p;
}

const char *pattern_search(struct pattern *m, const char *from, const char *not_end,
                           const char **end)
{
    int literal = m->anchored ? -1 : first_literal(m);
    for (const char *s = from; s <= m->subject_end; s++) {
        if (literal >= 0) {
            s = memchr(s, literal, (size_t)(m->subject_end - s));
            if (!s)
                return NULL;
        }
        m->captures = 0;
        m->depth = PATTERN_DEPTH;
        *end = match(m, s, m->text);
        if (*end && *end != not_end)
            return s;
        if (m->anchored)
            return NULL;
    }
    return NULL;
}

void pattern_push(struct pattern *m, int index, const char *start, const char *end)
{
    if (index >= m->captures) {
        if (index != 0)
            luaL_error(m->L, "invalid capture index %%%d", index + 1);
        lua_pushlstring(m->L, start, (size_t)(end - start));
        return;
    }
    const struct pattern_capture *capture = &m->capture[index];
    if (capture->bytes == CAPTURE_OPEN)
        luaL_error(m->L, "unfinished capture");
    if (capture->bytes == CAPTURE_POSITION)
        lua_pushinteger(m->L, capture->start - m->subject + 1);
    else
        lua_pushlstring(m->L, capture->start, (size_t)capture->bytes);
}

int pattern_push_all(struct pattern *m, const char *start, const char *end)
{
    int count = m->captures == 0 && start ? 1 : m->captures;
    luaL_checkstack(m->L, count, "too many captures");
    for (int i = 0; i < count; i++)
        pattern_push(m, i, start, end);
    return count;
}

bool pattern_is_plain(const char *text, size_t bytes)
{
    static const bool special[256] = {
        ['^'] = true, ['$'] = true, ['*'] = true, ['+'] = true, ['?'] = true,
        ['.'] = true, ['('] = true, ['['] = true, ['%'] = true, ['-'] = true,
    };
    for (size_t i = 0; i < bytes; i++)
        if (special[(unsigned char)text[i]])
            return false;
    return true;
}
