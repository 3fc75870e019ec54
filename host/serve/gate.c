/* SPDX-License-Identifier: MIT */
#include "serve/gate.h"

#include "base/log.h"
#include "domain/config.h"
#include "domain/forwarded.h"
#include "serve/request.h"

bool gate_open(struct gate *g, const struct config *config, struct error *err)
{
    return cidr_list_read(&g->allow, config->allow, err) &&
           cidr_list_read(&g->block, config->block, err) &&
           cidr_list_read(&g->trusted, config->trusted_proxies, err);
}

void gate_done(struct gate *g)
{
    cidr_list_done(&g->allow);
    cidr_list_done(&g->block);
    cidr_list_done(&g->trusted);
}

bool gate_client(const struct request *q, struct cidr_address *client)
{
    struct cidr_address peer;
    return cidr_address(text_of(exchange_peer(q->x)), &peer) &&
           forwarded_client(&q->app->gate.trusted, &peer, exchange_header(q->x, "x-forwarded-for"),
                            exchange_header(q->x, "forwarded"), client);
}

static bool has_lists(const struct gate *g, const struct manifest *m)
{
    return g->allow.count + g->block.count > 0 || (m && m->allow.count + m->block.count > 0);
}

bool gate_admits(struct request *q, const struct manifest *m)
{
    const struct gate *g = &q->app->gate;
    struct cidr_address client, *told = &client;
    char shown[CIDR_TEXT] = "unknown";
    if (!has_lists(g, m))
        return true;
    if (!gate_client(q, &client))
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

bool gate_https(const struct request *q)
{
    struct cidr_address peer;
    struct text said = exchange_header(q->x, "x-forwarded-proto");
    bool trusted = cidr_address(text_of(exchange_peer(q->x)), &peer) &&
                   cidr_list_holds(&q->app->gate.trusted, &peer);
    return q->app->config->tls_cert ||
           (trusted && text_is_fold(text_trim(text_cut(&said, ',')), "https"));
}
