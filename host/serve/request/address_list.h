/* SPDX-License-Identifier: MIT */
/* address_list.h - which client a request is from, and whether its address is let in: by the host's
 * lists and the trigger's. Owner: the app. Thread: loop. */
#pragma once
#include "domain/address/cidr.h"

struct config;
struct manifest;
struct request;

struct address_list {
    struct cidr_list allow, block, trusted;
};

bool address_list_open(struct address_list *g, const struct config *config,
                       struct error *err) MUST_CHECK;
void address_list_done(struct address_list *g);
/* Who asks, seen through trusted proxies. False: it cannot be told. */
bool address_list_client(const struct request *q, struct cidr_address *client);
/* Once the credential has held. m NULL: no trigger is meant. False: refused with 403. */
bool address_list_admits(struct request *q, const struct manifest *m);
/* Whether the client came by HTTPS: ours, or that of a trusted proxy which says so. */
bool address_list_https(const struct request *q);
