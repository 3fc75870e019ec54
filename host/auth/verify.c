/* SPDX-License-Identifier: MIT */
#include "auth/verify.h"

#include "secrets/vault.h"
#include <openssl/crypto.h>

/* Copies a secret for the time of the check; the caller zeroes the copy. */
static bool copy_secret(const struct vault *v, const char *name, struct buf *out)
{
    const struct secret *s = vault_find(v, text_of(name));
    if (!s)
        return false;
    buf_init(out, secret_bytes(s));
    if (!buf_reserve(out, secret_bytes(s))) /* at once: growing would leave copies behind */
        return false;
    secret_write(s, FORM_RAW, out);
    return true;
}

enum signature verify_request(const struct vault *v, const struct signature_rule *rule,
                              const struct signature_request *q, struct signature_proof *proof,
                              const char **missing)
{
    struct buf copies[SIGNATURE_SECRETS];
    struct text secrets[SIGNATURE_SECRETS] = {TEXT("nobody")};
    size_t count = 0;
    const char *name;
    for (size_t i = 0; (name = signature_secret(rule, i)) != NULL; i++) {
        if (!copy_secret(v, name, &copies[count]))
            continue;
        secrets[count] = buf_view(&copies[count]);
        count++;
    }
    enum signature got = signature_check(rule, q, secrets, count > 0 ? count : 1, proof);
    for (size_t i = 0; i < count; i++) {
        OPENSSL_cleanse(copies[i].data, copies[i].cap);
        buf_done(&copies[i]);
    }
    *missing = count > 0 ? NULL : signature_secret(rule, 0);
    return count == 0 && got == SIGNATURE_HOLDS ? SIGNATURE_WRONG : got;
}
