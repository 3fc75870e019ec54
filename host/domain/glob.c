/* SPDX-License-Identifier: MIT */
#include "domain/glob.h"

#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

enum { ASCII = 128, WORDS_MAX = (GLOB_BYTES + 64) / 64 };

/* State i: the first i characters of the pattern (stars are no characters) are matched. A star in
 * front of character i lets state i take any character and stay. */
struct glob {
    size_t count;             /* of characters in the pattern; the state `count` is the goal */
    size_t words;             /* of 64 states */
    uint64_t stay[WORDS_MAX]; /* states behind a star */
    uint64_t wide[WORDS_MAX]; /* states whose character is `?` */
    struct text *foreign;     /* the pattern's characters beyond ASCII, borrowed from `copy` */
    size_t *foreign_at;       /* their states */
    size_t foreign_count;
    char *copy;
    uint64_t moves[]; /* ASCII * words: the states that the character moves on */
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

/* Puts the character (of `step` bytes) of state i into the tables. */
static void add_character(struct glob *g, size_t i, const char *at, size_t step)
{
    unsigned char c = (unsigned char)*at;
    if (c == '?')
        set_bit(g->wide, i);
    else if (c < ASCII)
        set_bit(g->moves + c * g->words, i);
    else {
        g->foreign[g->foreign_count] = (struct text){at, step};
        g->foreign_at[g->foreign_count++] = i;
    }
}

struct glob *glob_new(struct text pattern)
{
    if (pattern.len > GLOB_BYTES || !text_utf8_ok(pattern))
        return NULL;
    size_t count = count_characters(pattern), words = count / 64 + 1;
    struct glob *g = mem_zero(1, sizeof *g + ASCII * words * sizeof(uint64_t));
    g->count = count;
    g->words = words;
    g->copy = mem_text_n(pattern.data, pattern.len);
    g->foreign = mem_zero(count + 1, sizeof *g->foreign);
    g->foreign_at = mem_zero(count + 1, sizeof *g->foreign_at);
    size_t state = 0;
    for (size_t i = 0; i < pattern.len;) {
        size_t step = text_utf8_step((struct text){g->copy + i, pattern.len - i});
        if (g->copy[i] == '*')
            set_bit(g->stay, state);
        else
            add_character(g, state++, g->copy + i, step);
        i += step;
    }
    for (size_t c = 0; c < ASCII; c++) {
        for (size_t w = 0; w < words; w++)
            g->moves[c * words + w] |= g->wide[w];
    }
    return g;
}

void glob_free(struct glob *g)
{
    if (!g)
        return;
    free(g->foreign);
    free(g->foreign_at);
    free(g->copy);
    free(g);
}

/* The states that a character beyond ASCII moves on. */
static const uint64_t *foreign_moves(const struct glob *g, struct text c, uint64_t *room)
{
    memcpy(room, g->wide, g->words * sizeof *room);
    for (size_t i = 0; i < g->foreign_count; i++) {
        if (text_eq(g->foreign[i], c))
            set_bit(room, g->foreign_at[i]);
    }
    return room;
}

bool glob_match(const struct glob *g, struct text subject)
{
    uint64_t states[WORDS_MAX] = {1}, room[WORDS_MAX];
    for (size_t i = 0; i < subject.len;) {
        struct text rest = {subject.data + i, subject.len - i};
        size_t step = text_utf8_step(rest);
        if (step == 0)
            return false;
        const uint64_t *moves = step == 1 ? g->moves + (unsigned char)rest.data[0] * g->words
                                          : foreign_moves(g, (struct text){rest.data, step}, room);
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
