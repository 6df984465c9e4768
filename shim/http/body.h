/* The body of a request: JSON, or a form where the route takes one. */
#ifndef EVENTHUB_BODY_H
#define EVENTHUB_BODY_H

#include <event2/event.h>
#include <event2/http.h>
#include <json-c/json.h>

#include "shim/api/route.h"
#include "shim/http/pairs.h"
#include "shim/http/problem.h"

/* Zero-initialised is no body. */
struct body {
    json_object *json; /* the body as an object, or NULL */
    struct pairs form; /* the body as a form; its text is NULL if it is none */
};

/* Reads the body of a request for `route`; one that has none, or whose route has no field there, is left alone. Returns
 * NULL, or the problem with its type; what is wrong inside it is added to `faults`. */
const struct problem *body_read(struct body *body, const struct route *route, struct evhttp_request *request,
                                struct faults *faults);
void body_free(struct body *body);

#endif
