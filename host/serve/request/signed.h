/* SPDX-License-Identifier: MIT */
/* signed.h - triggers with `verify`: their requests must bear the sender's signature, whichever
 * door they come through and whatever other credential they bring. Thread: loop. */
#pragma once
#include "deploy/registry.h"
#include "serve/request/request.h"

/* In body(), before anything of the body is judged. t NULL or without `verify`: true for who has
 * another credential. A missing, wrong or expired signature is refused with the 401 that a wrong
 * key gets. */
bool signed_ok(struct request *q, const struct trigger *t);
/* The body of a signed request: JSON as ever, or a form as a flat object; *text is that as JSON,
 * good until out is done with. False: refused. Free *tree with cJSON_Delete. */
bool signed_body(struct request *q, cJSON **tree, struct buf *out, struct text *text);
/* What repeats of a signed request have in common; false: nothing. */
bool signed_delivery(const struct request *q, const struct trigger *t, const cJSON *tree,
                     char out[SIGNATURE_DELIVERY]);
