/* SPDX-License-Identifier: MIT */
/* seal.h - encrypts a secret for the disk and decrypts it: AES-256-GCM (NIST SP 800-38D) under the
 * master key, with a fresh random 96-bit nonce each time. The secret's name and hosts are
 * authenticated with it, so a row cannot be moved to another name or be given other hosts.
 *
 * A sealed value: version (1 byte), id of the master key (8), nonce (12), ciphertext, tag (16).
 * Owner: the vault, or a command. Thread: the key's owner's. */
#pragma once
#include "base/buf.h"
#include "base/error.h"

enum {
    SEAL_KEY_BYTES = 32,
    SEAL_HEAD = 1 + 8 + 12, /* version, key, nonce: never the same twice */
    SEAL_OVERHEAD = SEAL_HEAD + 16
};

struct seal_key;

/* Reads a key: 64 hex digits, or base64 (RFC 4648, either alphabet) of 32 bytes. source: where the
 * text came from, for messages. NULL: the text has another form. */
struct seal_key *seal_key_parse(struct text text, const char *source) MUST_CHECK;
void seal_key_free(struct seal_key *key);
const char *seal_key_source(const struct seal_key *key);

/* Seals the value and appends the result, value.len + SEAL_OVERHEAD bytes. */
void seal_close(const struct seal_key *key, const char *name, const char *hosts, struct text value,
                struct buf *out);
/* The length of the value inside; 0: this is no sealed value. */
size_t seal_value_bytes(struct text sealed);
/* Writes the value to out, which has seal_value_bytes(sealed) bytes. False: another master key or a
 * damaged row; err says which, and what to do. */
bool seal_open(const struct seal_key *key, const char *name, const char *hosts, struct text sealed,
               void *out, struct error *err) MUST_CHECK;
