/* SPDX-License-Identifier: MIT */
/* gate.h - which client a request is from, and whether its address is let in: by the host's lists
 * and the trigger's. Owner: the app. Thread: loop. */
#pragma once
#include "domain/cidr.h"

struct config;
struct manifest;
struct request;

struct gate {
    struct cidr_list allow, block, trusted;
};

bool gate_open(struct gate *g, const struct config *config, struct error *err) MUST_CHECK;
void gate_done(struct gate *g);
/* Who asks, seen through trusted proxies. False: it cannot be told. */
bool gate_client(const struct request *q, struct cidr_address *client);
/* Once the credential has held. m NULL: no trigger is meant. False: refused with 403. */
bool gate_admits(struct request *q, const struct manifest *m);
/* Whether the client came by HTTPS: ours, or that of a trusted proxy which says so. */
bool gate_https(const struct request *q);
