/* SPDX-License-Identifier: MIT */
#include "serve/request/address_list.h"

#include "base/log.h"
#include "domain/address/forwarded.h"
#include "domain/config/config.h"
#include "serve/request/request.h"

bool address_list_open(struct address_list *g, const struct config *config, struct error *err)
{
    return cidr_list_read(&g->allow, config->allow, err) &&
           cidr_list_read(&g->block, config->block, err) &&
           cidr_list_read(&g->trusted, config->trusted_proxies, err);
}

void address_list_done(struct address_list *g)
{
    cidr_list_done(&g->allow);
    cidr_list_done(&g->block);
    cidr_list_done(&g->trusted);
}

bool address_list_client(const struct request *q, struct cidr_address *client)
{
    struct cidr_address peer;
    return cidr_address(text_of(exchange_peer(q->x)), &peer) &&
           forwarded_client(&q->app->address_list.trusted, &peer,
                            exchange_header(q->x, "x-forwarded-for"),
                            exchange_header(q->x, "forwarded"), client);
}

static bool has_lists(const struct address_list *g, const struct manifest *m)
{
    return g->allow.count + g->block.count > 0 || (m && m->allow.count + m->block.count > 0);
}

bool address_list_admits(struct request *q, const struct manifest *m)
{
    const struct address_list *g = &q->app->address_list;
    struct cidr_address client, *told = &client;
    char shown[CIDR_TEXT] = "unknown";
    if (!has_lists(g, m))
        return true;
    if (!address_list_client(q, &client))
        told = NULL;
    if (cidr_admits(&g->allow, &g->block, told) && (!m || cidr_admits(&m->allow, &m->block, told)))
        return true;
    if (told)
        cidr_address_text(told, shown);
    log_debug(NULL, "\"address refused\" client=%s peer=%s request=%s", shown, exchange_peer(q->x),
              exchange_request_id(q->x));
    request_no(q, VERDICT_ADDRESS_DENIED, NULL);
    return false;
}

bool address_list_https(const struct request *q)
{
    struct cidr_address peer;
    struct text said = exchange_header(q->x, "x-forwarded-proto");
    bool trusted = cidr_address(text_of(exchange_peer(q->x)), &peer) &&
                   cidr_list_holds(&q->app->address_list.trusted, &peer);
    return q->app->config->tls_cert ||
           (trusted && text_is_fold(text_trim(text_cut(&said, ',')), "https"));
}
