/* The fields of a request, read as its route says, into the arguments of the CALL. */
#ifndef EVENTHUB_FIELDS_H
#define EVENTHUB_FIELDS_H

#include <json-c/json.h>

#include "db/client/value.h"
#include "shim/api/faults.h"
#include "shim/api/route.h"
#include "shim/http/pairs.h"

/* Where fields can come from. */
struct fields_input {
    size_t path;            /* which one of the route's */
    const char *path_value; /* of the "{name}" in the path; NULL if there is none */
    size_t path_length;
    const struct pairs *query;
    json_object *json;        /* the body as an object, or NULL */
    const struct pairs *form; /* the body as a form, or NULL */
};

/* What was read and is more, or other, than an argument. */
struct fields_extra {
    const char *password; /* of a FIELD_PASSWORD or FIELD_PASSWORD_TRY; in `input` */
    size_t password_length;
    struct db_value *password_hash; /* the argument that the hash of a FIELD_PASSWORD is to be; NULL: there is none */
    int64_t page_size;              /* of the field with PAGE_SIZE; 0: there is none */
};

/* Fills one value per parameter of the procedure, in order, and returns how many; texts point into `input`. What is
 * wrong is added to `faults`: a field that is missing, of another type, out of its limits, given twice, or unknown; its
 * value is DB_NULL. So is that of a FIELD_PASSWORD until its hash is made. */
size_t fields_read(const struct route *route, const struct fields_input *input, struct db_value values[ROUTE_FIELDS],
                   struct fields_extra *extra, struct faults *faults);

/* Whether the field is a parameter of the route's procedure, and of its check_procedure as well. */
bool fields_is_parameter(const struct field *field);
bool fields_is_checked(const struct field *field);

/* Where the client gave the field called `name`; where it could have, if it did not. */
enum place fields_place(const struct route *route, const struct fields_input *input, const char *name);

#endif
