/* SPDX-License-Identifier: MIT */
#include "fakes/vault.h"

#include <stdlib.h>

struct vault {
    int unused;
};

static struct vault empty;

struct vault *vault_open(struct store *store, const char *data, struct error *err)
{
    (void)store;
    (void)data;
    (void)err;
    return &empty;
}

void vault_rest(struct vault *v)
{
    (void)v;
}

void vault_close(struct vault *v)
{
    (void)v;
}

const struct secret *vault_find(const struct vault *v, struct text name)
{
    (void)v;
    (void)name;
    return NULL;
}

bool vault_scrub(const struct vault *v, struct text in, struct buf *out)
{
    (void)v;
    (void)in;
    (void)out;
    return false;
}

/* ---- there is no secret that these could be asked about */

const char *secret_hosts(const struct secret *s)
{
    (void)s;
    abort();
}

size_t secret_bytes(const struct secret *s)
{
    (void)s;
    abort();
}

void secret_write(const struct secret *s, enum secret_form form, struct buf *out)
{
    (void)s;
    (void)form;
    (void)out;
    abort();
}

void secret_scrub(const struct secret *s, struct scrub *into)
{
    (void)s;
    (void)into;
    abort();
}
