/* SPDX-License-Identifier: MIT */
/* host_fakes.h - stands in for API keys and secrets in the target host: there are none. The linker
 * takes these before the real ones. Runners and outgoing HTTP are tests/fakes/pool.c and http.c.
 * Owner: the target. Thread: one. */
#pragma once
#include "fake_store.h"

#include "engine/engine.h"
#include "secrets/vault.h"

/* ---- keys and secrets */

bool keyring_open(struct keyring *k, struct timers *timers, struct store *store, struct error *err)
{
    (void)timers;
    (void)store;
    (void)err;
    k->loaded = true;
    return true;
}

void keyring_close(struct keyring *k)
{
    (void)k;
    abort();
}

struct vault *vault_open(struct store *store, const char *data, struct error *err)
{
    (void)store;
    (void)data;
    (void)err;
    return (struct vault *)&fake_store;
}

void vault_close(struct vault *v)
{
    (void)v;
    abort();
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
