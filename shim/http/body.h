/* The body of a request: JSON, or a form where the route takes one. */
#ifndef EVENTHUB_BODY_H
#define EVENTHUB_BODY_H

#include <event2/http.h>
#include <json-c/json.h>
#include <stdbool.h>

#include "shim/http/pairs.h"
#include "shim/http/problem.h"

/* Empty when zero-initialised. */
struct body {
    json_object *json; /* the body as an object, or NULL */
    struct pairs form; /* the body as a form; its `text` is NULL if the body is not one */
    const char *fault; /* what is wrong with its content: a static string that begins with a verb; or NULL */
};

/* Reads the body of a request, if there is one: JSON, or a form if `takes_form`. Returns NULL, or the problem with its
 * media type, charset or coding (415); what is wrong with its content goes into body->fault. The caller frees `body` in
 * either case. */
const struct problem *body_read(struct body *body, struct evhttp_request *request, bool takes_form);
void body_free(struct body *body);

#endif
