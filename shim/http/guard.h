/* The requests that evhttp reads otherwise than RFC 9112 says, and that a proxy in front may read otherwise still. */
#ifndef EVENTHUB_GUARD_H
#define EVENTHUB_GUARD_H

#include <event2/http.h>

#include "shim/http/problem.h"

/* Looks at the framing of a request before anything else does. NULL, or why it is refused. The connection of a refused
 * request has to be closed with the answer: what follows on it may be a part of this request. */
const struct problem *guard_check(struct evhttp_request *request);

#endif
