/* The requests that evhttp reads otherwise than RFC 9112 says, and that a proxy in front may read otherwise still. */
#ifndef EVENTHUB_GUARD_H
#define EVENTHUB_GUARD_H

#include <event2/event.h>
#include <event2/http.h>

struct guard_refusal {
    int status; /* 0: nothing is wrong */
    const char *detail;
};

/* Looks at the framing of a request before anything else does. A refused request's connection has to be closed with the
 * answer: what follows on it may be a part of this request. */
struct guard_refusal guard_check(struct evhttp_request *request);

#endif
