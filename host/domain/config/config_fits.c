/* SPDX-License-Identifier: MIT */
#include "domain/config/config_fits.h"

#include "domain/config/config_jwt.h"

/* Whoever may speak PROXY may claim any address: that is for proxies that are named. */
static bool proxies_fit(const struct config *c, struct error *err)
{
    bool named = c->trusted_proxies && c->trusted_proxies->child;
    return !c->proxy_protocol || named ||
           error_set(err, ERROR_INVALID,
                     "proxy_protocol: trusted_proxies must name those who may speak it");
}

static bool tls_fits(const struct config *c, struct error *err)
{
    return !c->tls_cert == !c->tls_key ||
           error_set(err, ERROR_INVALID, "%s is set and %s is not: HTTPS needs both",
                     c->tls_cert ? "tls.cert" : "tls.key", c->tls_cert ? "tls.key" : "tls.cert");
}

bool config_fits(const struct config *c, struct error *err)
{
    return tls_fits(c, err) && proxies_fit(c, err) && config_jwt_fits(c, err);
}
