/* A request as it is read: target, route, token, body, fields, in this order. Each step returns NULL, or the problem
 * that stands against going on. */
#ifndef EVENTHUB_REQUEST_H
#define EVENTHUB_REQUEST_H

#include <event2/http.h>

#include "db/client/value.h"
#include "shim/api/faults.h"
#include "shim/api/fields.h"
#include "shim/api/route.h"
#include "shim/api/token.h"
#include "shim/http/body.h"
#include "shim/http/pairs.h"
#include "shim/http/problem.h"
#include "shim/http/reply.h"

/* Zero-initialised but for `http`. */
struct request {
    struct evhttp_request *http;
    char *path; /* decoded */
    struct pairs query;
    struct route_match match; /* no route: it is to be answered as OPTIONS */
    char *path_value;         /* of the parameter in the path */
    struct token_claims actor;
    struct body body;
    struct fields_input input;
    struct fields_extra extra;
    struct db_value arguments[1 + ROUTE_FIELDS]; /* of the route's procedure; texts point into the request */
    size_t argument_count;
    struct faults faults;   /* what is wrong with query, body and fields */
    struct problem refusal; /* room for a problem that is made up for this request */
};

/* Splits the target into path and query and decodes both. What is wrong with the query is kept for later. */
const struct problem *request_read_target(struct request *request);

/* Finds the route. Adds the header Allow to `reply` if its method is not allowed. */
const struct problem *request_find_route(struct request *request, struct reply *reply);

/* Whether the token, if the route wants one, is good and its user has the route's role. */
const struct problem *request_authorise(struct request *request, const struct token_key *key);

/* Reads the body, if the route has fields there. */
const struct problem *request_read_body(struct request *request);

/* Reads the fields into the arguments. Faults of fields are no problem yet: the database may find more of them. */
const struct problem *request_read_fields(struct request *request);

/* The arguments that are fields: all but the actor. */
struct db_value *request_fields(struct request *request);

/* The 422 that the faults, of which there is one at least, amount to. */
const struct problem *request_refuse(struct request *request);

void request_free(struct request *request);

#endif
