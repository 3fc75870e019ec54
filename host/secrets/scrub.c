/* SPDX-License-Identifier: MIT */
#include "secrets/scrub.h"

#include "base/mem.h"
#include "secrets/secret_form.h"
#include <stdlib.h>
#include <string.h>

struct needle {
    struct needle *next; /* with the same first byte, longest first */
    char *name;
    char *bytes;
    size_t len;
};

struct scrub {
    struct needle *by_first[256];
    /* A bit for each pair of bytes that a needle may begin with: settles nearly every position. */
    uint8_t begins[(1 << 16) / 8];
};

struct scrub *scrub_new(void)
{
    return mem_zero(1, sizeof(struct scrub));
}

static void needle_free(struct needle *n)
{
    explicit_bzero(n->bytes, n->len);
    free(n->bytes);
    free(n->name);
    free(n);
}

void scrub_free(struct scrub *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < ARRAY_LEN(s->by_first); i++) {
        while (s->by_first[i]) {
            struct needle *n = s->by_first[i];
            s->by_first[i] = n->next;
            needle_free(n);
        }
    }
    explicit_bzero(s, sizeof *s);
    free(s);
}

static void mark_beginning(struct scrub *s, unsigned pair)
{
    s->begins[pair / 8] |= (uint8_t)(1u << pair % 8);
}

static void add_needle(struct scrub *s, const char *name, struct text bytes)
{
    unsigned first = (unsigned char)bytes.data[0];
    struct needle **at = &s->by_first[first];
    for (; *at && (*at)->len >= bytes.len; at = &(*at)->next)
        if (text_eq((struct text){(*at)->bytes, (*at)->len}, bytes))
            return; /* two forms or two secrets are alike: the first name will do */
    struct needle *n = mem_zero(1, sizeof *n);
    *n = (struct needle){*at, mem_text(name), mem_text_n(bytes.data, bytes.len), bytes.len};
    *at = n;
    if (bytes.len > 1)
        mark_beginning(s, first << 8 | (unsigned char)bytes.data[1]);
    for (unsigned second = 0; bytes.len == 1 && second < 256; second++)
        mark_beginning(s, first << 8 | second);
}

void scrub_add(struct scrub *s, const char *name, struct text value)
{
    size_t most = secret_form_bytes(value.len, FORM_JSON); /* the longest */
    int forms = value.len >= SCRUB_ENCODED ? SECRET_FORMS : FORM_HEX;
    struct buf form;
    buf_init(&form, most);
    buf_reserve(&form, most);
    for (int i = 0; i < forms; i++) {
        buf_clear(&form);
        secret_form_put(&form, value, (enum secret_form)i);
        if (form.len > 0)
            add_needle(s, name, buf_view(&form));
    }
    explicit_bzero(form.data, form.cap);
    buf_done(&form);
}

/* The longest needle that the text begins with. */
static const struct needle *find_needle(const struct scrub *s, struct text rest)
{
    unsigned first = (unsigned char)rest.data[0];
    unsigned pair = first << 8 | (rest.len > 1 ? (unsigned char)rest.data[1] : 0);
    if (!(s->begins[pair / 8] & 1u << pair % 8))
        return NULL;
    for (const struct needle *n = s->by_first[first]; n; n = n->next)
        if (n->len <= rest.len && memcmp(n->bytes, rest.data, n->len) == 0)
            return n;
    return NULL;
}

bool scrub_text(const struct scrub *s, struct text in, struct buf *out)
{
    size_t copied = 0;
    bool found = false;
    for (size_t i = 0; s && i < in.len;) {
        const struct needle *n = find_needle(s, (struct text){in.data + i, in.len - i});
        if (!n) {
            i++;
            continue;
        }
        buf_add(out, in.data + copied, i - copied);
        buf_printf(out, "[secret %s]", n->name);
        copied = i += n->len;
        found = true;
    }
    if (found)
        buf_add(out, in.data + copied, in.len - copied);
    return found;
}
