/* SPDX-License-Identifier: MIT */
/* seal.h - how secrets lie on the disk: AES-256-GCM (NIST SP 800-38D) under the master key, a fresh
 * random 96-bit nonce each time, bound to the secret's name and hosts, so that a row cannot be put
 * under another name or be given other hosts.
 *
 * A sealed value: version (1 byte), id of the master key (8), nonce (12), ciphertext, tag (16).
 * Owner: the vault, or a command. Thread: any, the key's owner's. */
#pragma once
#include "base/buf.h"
#include "base/error.h"

enum {
    SEAL_KEY_BYTES = 32,
    SEAL_HEAD = 1 + 8 + 12, /* never the same twice: tells one sealing from another */
    SEAL_OVERHEAD = SEAL_HEAD + 16
};

struct seal_key;

/* From 64 hex digits, or base64 (RFC 4648, either alphabet) of 32 bytes. source: where it came
 * from, for messages. NULL: it has another form. */
struct seal_key *seal_key_parse(struct text text, const char *source) MUST_CHECK;
void seal_key_free(struct seal_key *key);
const char *seal_key_source(const struct seal_key *key);

/* Appends the sealed value. */
void seal_close(const struct seal_key *key, const char *name, const char *hosts, struct text value,
                struct buf *out);
size_t seal_value_bytes(struct text sealed); /* 0: not one of ours */
/* out: seal_value_bytes(sealed) bytes. err tells another master key from a damaged row, and what to
 * do. */
bool seal_open(const struct seal_key *key, const char *name, const char *hosts, struct text sealed,
               void *out, struct error *err) MUST_CHECK;
