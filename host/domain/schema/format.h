/* SPDX-License-Identifier: MIT */
/* format.h - the values of a schema's `format`, each judged by the grammar of its RFC. Pure.
 *
 * date-time date time  RFC 3339 (a leap second where there may be one)
 * duration             RFC 3339, appendix A: P3DT4H
 * email                RFC 5321, Mailbox, in ASCII
 * hostname             RFC 1123, 253 bytes at most; what punycode says is not looked into
 * ipv4 ipv6            RFC 2673, RFC 4291; without a zone
 * uri                  RFC 3986: with a scheme, nothing unescaped that must be escaped
 * uuid                 RFC 9562: any version, either case */
#pragma once
#include "base/text.h"

struct format {
    const char *name;
    const char *what;   /* "an e-mail address" */
    const char *sample; /* one that fits */
    bool (*ok)(struct text t);
};

const struct format *format_find(const char *name); /* NULL: not known */
const char *const *format_names(void);              /* NULL ends them */
