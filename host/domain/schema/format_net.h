/* SPDX-License-Identifier: MIT */
/* format_net.h - names and addresses of the net, as format.h lists them. Pure. */
#pragma once
#include "base/text.h"

bool format_email_ok(struct text t);
bool format_hostname_ok(struct text t);
bool format_ipv4_ok(struct text t);
bool format_ipv6_ok(struct text t);
bool format_uri_ok(struct text t);
