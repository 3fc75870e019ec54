/* SPDX-License-Identifier: MIT */
#include "cmd/local.h"

#include "domain/proof/api_key.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

bool local_data(const char **data, struct error *err)
{
    const char *set = getenv("MOONTIDE_DATA");
    if (!*data)
        *data = set && *set ? set : "data";
    return access(*data, X_OK) == 0 ||
           error_errno(err, errno,
                       "data folder \"%s\" (--data names another; the first `moontide serve` makes "
                       "it)",
                       *data);
}

bool local_input(char *out, size_t cap, bool line, size_t *len, struct error *err)
{
    *len = 0;
    while (*len < cap) {
        ssize_t got = read(STDIN_FILENO, out + *len, cap - *len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_errno(err, errno, "reading standard input");
        if (got == 0)
            break;
        *len += (size_t)got;
        if (line && out[*len - 1] == '\n')
            break;
    }
    if (*len > 0 && out[*len - 1] == '\n' && --*len > 0 && out[*len - 1] == '\r')
        --*len;
    return true;
}

bool local_given_secret(char out[LOCAL_SECRET], struct error *err)
{
    size_t len;
    if (!local_input(out, LOCAL_SECRET - 1, isatty(STDIN_FILENO), &len, err))
        return false;
    out[len] = '\0';
    return api_key_given_ok((struct text){out, len}) ||
           error_set(err, ERROR_INVALID,
                     "--secret-stdin: expected 16 to 200 visible ASCII characters on one line");
}
