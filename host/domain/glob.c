/* SPDX-License-Identifier: MIT */
#include "domain/glob.h"

#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

enum { ASCII = 128, WORDS_MAX = (GLOB_BYTES + 64) / 64, FOREIGN = GLOB_BYTES / 2 };

/* State i: the first i characters of the pattern (stars are no characters) are matched. A star in
 * front of character i lets state i take any character and stay. */
struct glob {
    size_t count;              /* of characters in the pattern; the state `count` is the goal */
    size_t words;              /* of 64 states */
    uint64_t stay[WORDS_MAX];  /* states behind a star */
    uint64_t wide[WORDS_MAX];  /* states whose character is `?` */
    uint32_t foreign[FOREIGN]; /* the pattern's characters beyond ASCII, sorted, each once */
    size_t foreign_count;
    /* `words` for each ASCII character, then for each foreign one: the states it moves on */
    uint64_t moves[];
};

static void set_bit(uint64_t *bits, size_t i)
{
    bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static size_t count_characters(struct text pattern)
{
    size_t stars = 0;
    for (size_t i = 0; i < pattern.len; i++)
        stars += pattern.data[i] == '*';
    return text_utf8_count(pattern) - stars;
}

/* Its bytes as one number. */
static uint32_t packed(const char *at, size_t step)
{
    uint32_t c = 0;
    for (size_t i = 0; i < step; i++)
        c = c << 8 | (unsigned char)at[i];
    return c;
}

/* Where c is, or would be, among the foreign characters. */
static size_t foreign_place(const struct glob *g, uint32_t c)
{
    size_t low = 0, high = g->foreign_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (g->foreign[middle] < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void collect_foreign(struct glob *g, struct text pattern)
{
    for (size_t i = 0, step; i < pattern.len; i += step) {
        step = text_utf8_step((struct text){pattern.data + i, pattern.len - i});
        uint32_t c = packed(pattern.data + i, step);
        size_t place = foreign_place(g, c);
        if (step == 1 || (place < g->foreign_count && g->foreign[place] == c))
            continue;
        memmove(g->foreign + place + 1, g->foreign + place,
                (g->foreign_count - place) * sizeof *g->foreign);
        g->foreign[place] = c;
        g->foreign_count++;
    }
}

/* The states that a character moves on. */
static uint64_t *moves_of(struct glob *g, const char *at, size_t step)
{
    size_t row = step == 1 ? (unsigned char)*at : ASCII + foreign_place(g, packed(at, step));
    return g->moves + row * g->words;
}

struct glob *glob_new(struct text pattern)
{
    if (pattern.len > GLOB_BYTES || !text_utf8_ok(pattern))
        return NULL;
    struct glob head = {.count = count_characters(pattern)};
    head.words = head.count / 64 + 1;
    collect_foreign(&head, pattern);
    size_t rows = ASCII + head.foreign_count;
    struct glob *g = mem_zero(1, sizeof *g + rows * head.words * sizeof(uint64_t));
    *g = head;
    size_t state = 0;
    for (size_t i = 0, step; i < pattern.len; i += step) {
        step = text_utf8_step((struct text){pattern.data + i, pattern.len - i});
        if (pattern.data[i] == '*')
            set_bit(g->stay, state);
        else if (pattern.data[i] == '?')
            set_bit(g->wide, state++);
        else
            set_bit(moves_of(g, pattern.data + i, step), state++);
    }
    for (size_t row = 0; row < rows; row++) {
        for (size_t w = 0; w < g->words; w++)
            g->moves[row * g->words + w] |= g->wide[w];
    }
    return g;
}

void glob_free(struct glob *g)
{
    free(g);
}

/* A foreign character that the pattern does not have moves what `?` lets through. */
static const uint64_t *foreign_moves(const struct glob *g, uint32_t c)
{
    size_t place = foreign_place(g, c);
    if (place == g->foreign_count || g->foreign[place] != c)
        return g->wide;
    return g->moves + (ASCII + place) * g->words;
}

bool glob_match(const struct glob *g, struct text subject)
{
    uint64_t states[WORDS_MAX] = {1};
    for (size_t i = 0; i < subject.len;) {
        struct text rest = {subject.data + i, subject.len - i};
        size_t step = text_utf8_step(rest);
        if (step == 0)
            return false;
        const uint64_t *moves = step == 1 ? g->moves + (unsigned char)rest.data[0] * g->words
                                          : foreign_moves(g, packed(rest.data, step));
        uint64_t carry = 0, any = 0;
        for (size_t w = 0; w < g->words; w++) {
            uint64_t moved = states[w] & moves[w];
            states[w] = (states[w] & g->stay[w]) | moved << 1 | carry;
            carry = moved >> 63;
            any |= states[w];
        }
        if (!any)
            return false;
        i += step;
    }
    return states[g->count / 64] >> (g->count % 64) & 1;
}
