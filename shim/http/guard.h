/* The requests that evhttp reads otherwise than RFC 9112 says, and that a proxy in front may read otherwise still. */
#ifndef EVENTHUB_GUARD_H
#define EVENTHUB_GUARD_H

#include <event2/event.h>
#include <event2/http.h>

#include "shim/http/problem.h"

/* Looks at the framing of a request before anything else does; the status of the problem is 0 if nothing is wrong. A
 * refused request's connection has to be closed with the answer: what follows on it may be a part of this request. */
struct problem guard_check(struct evhttp_request *request);

#endif
