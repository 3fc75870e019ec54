/* SPDX-License-Identifier: MIT */
#include "domain/config/config_check.h"

#include "domain/address/cidr.h"
#include "domain/config/config.h"

bool config_check_listen(struct text value, struct error *err)
{
    char host[CONFIG_HOST];
    int port;
    return config_address(value, host, &port, err);
}

bool config_check_log(struct text value, struct error *err)
{
    static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
    for (size_t i = 0; levels[i]; i++) {
        if (text_is(value, levels[i]))
            return true;
    }
    return error_set(err, ERROR_INVALID, "debug, info, warn or error is needed, not \"%.*s\"",
                     value.len > 40 ? 40 : (int)value.len, value.data);
}

bool config_check_trigger_keys(struct text value, struct error *err)
{
    return text_is(value, "project") || text_is(value, "host") ||
           error_set(err, ERROR_INVALID, "project or host is needed, not \"%.*s\"",
                     value.len > 40 ? 40 : (int)value.len, value.data);
}

bool config_check_network(struct text value, struct error *err)
{
    struct cidr net;
    return cidr_parse(value, &net, err);
}
