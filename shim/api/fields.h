/* Reads the fields of a request, as its route describes them, into the arguments of the CALL. */
#ifndef EVENTHUB_FIELDS_H
#define EVENTHUB_FIELDS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/client/value.h"
#include "shim/api/faults.h"
#include "shim/api/route.h"
#include "shim/http/pairs.h"

/* What fields are read from. */
struct fields_input {
    size_t path;            /* index of the path that was asked, in the route */
    const char *path_value; /* the segment at "{name}"; NULL if the path has none */
    size_t path_length;
    const struct pairs *query;
    json_object *json;        /* the body as an object, or NULL */
    const struct pairs *form; /* the body as a form, or NULL */
};

/* What is read from fields besides the arguments. */
struct fields_extra {
    const char *password; /* of a FIELD_PASSWORD or FIELD_PASSWORD_TRY; points into `input` */
    size_t password_length;
    struct db_value *password_hash; /* the argument that gets the hash of a FIELD_PASSWORD; NULL: there is none */
    int64_t page_size;              /* value of the field with PAGE_SIZE; 0 if the route has none */
    bool is_heavy;                  /* the fields make the CALL heavy */
};

/* Fills one value for each parameter of the procedure, in order, and returns their number. Texts point into `input`.
 * Fields that are missing, of another type, out of their limits, given twice or unknown are added to `faults`, and
 * their values are DB_NULL. The value of a FIELD_PASSWORD is DB_NULL until its hash is made. */
size_t fields_read(const struct route *route, const struct fields_input *input, struct db_value values[ROUTE_FIELDS],
                   struct fields_extra *extra, struct faults *faults);

/* fields_is_parameter: whether the field is a parameter of the route's procedure. fields_is_checked: whether it is one
 * of the check_procedure as well. */
bool fields_is_parameter(const struct field *field);
bool fields_is_checked(const struct field *field);

/* Which argument of the route's procedure, counted from 0, names the row that it locks; 0 if it locks none. */
size_t fields_subject(const struct route *route);

/* The place where the client gave the field `name`; if it did not, the first one where it may stand; IN_BODY if the
 * route has no such field. */
enum place fields_place(const struct route *route, const struct fields_input *input, const char *name);

#endif
