/* A request as it is read: target, route, token, body, fields, in this order. Each step returns NULL, or the problem to
 * answer with. */
#ifndef EVENTHUB_REQUEST_H
#define EVENTHUB_REQUEST_H

#include <event2/http.h>
#include <stdbool.h>
#include <stddef.h>

#include "db/client/call.h"
#include "db/client/value.h"
#include "shim/api/faults.h"
#include "shim/api/fields.h"
#include "shim/api/route.h"
#include "shim/api/token.h"
#include "shim/http/body.h"
#include "shim/http/pairs.h"
#include "shim/http/problem.h"
#include "shim/http/reply.h"

/* Zero-initialised except for `http`. */
struct request {
    struct evhttp_request *http;
    char *path; /* decoded */
    struct pairs query;
    struct route_match match; /* without a route the request is answered as OPTIONS */
    bool wants_gzip;          /* the answer may be compressed, and the client prefers that */
    char *path_value;         /* the segment at "{name}" in the path */
    struct token_claims actor;
    struct body body;
    struct fields_input input;
    struct fields_extra extra;
    struct db_value arguments[1 + ROUTE_FIELDS]; /* of the route's procedure; texts point into the request */
    size_t argument_count;
    struct faults faults;   /* what is wrong with query, body and fields */
    struct problem refusal; /* holds a problem that is made for this request */
};

/* Splits the target into path and query, and decodes both. A fault of the query is added to `faults`. */
const struct problem *request_read_target(struct request *request);

/* Finds the route, and whether its answer is to be compressed. Adds the header Allow to `reply` if its method is not
 * allowed. */
const struct problem *request_find_route(struct request *request, struct reply *reply);

/* Checks the token, and the role of its user, if the route asks for a role. */
const struct problem *request_authorise(struct request *request, const struct token_key *key);

/* Reads the body, if the route has fields there. Returns the 422 if query or body cannot be parsed. */
const struct problem *request_read_body(struct request *request);

/* Reads the fields into the arguments. Their faults are no problem yet, because the database may find more. */
const struct problem *request_read_fields(struct request *request);

/* The arguments without the first one, the actor's id, if the route has it. */
struct db_value *request_fields(struct request *request);

/* The CALL of the route's procedure, without a receiver. Its arguments stay the request's. */
struct db_call request_call(struct request *request);

/* The 422 for the request's faults, of which there is at least one. */
const struct problem *request_refuse(struct request *request);

void request_free(struct request *request);

#endif
