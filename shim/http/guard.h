/* Refuses requests whose framing evhttp reads differently from RFC 9112: a proxy in front may read it in yet another
 * way, which makes request smuggling possible. */
#ifndef EVENTHUB_GUARD_H
#define EVENTHUB_GUARD_H

#include <event2/http.h>

#include "shim/http/problem.h"

/* Checks the framing of a request, before anything else reads the request. Returns NULL, or the problem. The connection
 * of a refused request has to end with the answer, because what follows on it may be a part of this request. */
const struct problem *guard_check(struct evhttp_request *request);

#endif
