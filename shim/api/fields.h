/* The fields of a request, read as its route says, into the arguments of the CALL. */
#ifndef EVENTHUB_FIELDS_H
#define EVENTHUB_FIELDS_H

#include <json-c/json.h>

#include "db/client/value.h"
#include "shim/api/route.h"
#include "shim/http/pairs.h"
#include "shim/http/problem.h"

/* Where fields can come from. */
struct fields_input {
    size_t path;            /* which one of the route's */
    const char *path_value; /* of the "{name}" in the path; NULL if there is none */
    size_t path_length;
    const struct pairs *query;
    json_object *json;        /* the body as an object, or NULL */
    const struct pairs *form; /* the body as a form, or NULL */
};

/* A password that was read; it is no argument as it stands. */
struct fields_password {
    const char *text;
    size_t length;
};

/* Fills one value per parameter of the procedure, in order, and returns how many; texts point into `input`. What is
 * wrong is added to `faults`: a field that is missing, of another type, out of its limits, given twice, or unknown; its
 * value is DB_NULL. So is a FIELD_PASSWORD's, for its hash. */
size_t fields_read(const struct route *route, const struct fields_input *input, struct db_value values[ROUTE_FIELDS],
                   struct fields_password *password, struct faults *faults);

/* Whether the field is a parameter of the route's procedure, and of its check_procedure as well. */
bool fields_is_parameter(const struct field *field);
bool fields_is_checked(const struct field *field);

/* Where the client gave the field called `name`; where it could have, if it did not. */
enum place fields_place(const struct route *route, const struct fields_input *input, const char *name);

/* Among the values that fields_read filled, the one of the field called `name`; NULL if the route has none. */
struct db_value *fields_value(const struct route *route, struct db_value *values, const char *name);

#endif
