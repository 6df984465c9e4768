/* The check of a request's input by the database, which has the rules and names every field that breaks one. */
#ifndef EVENTHUB_CHECK_H
#define EVENTHUB_CHECK_H

#include "db/client/call.h"
#include "shim/api/faults.h"
#include "shim/api/fields.h"

/* What a CALL has said: rows (invalid_field, message), by which a procedure refuses its input, before the error. */
struct check {
    struct db_value arguments[ROUTE_FIELDS];
    struct faults told;
};

/* The CALL of the route's check_procedure with what was read, by fields_read, of what the client gave: NULL stands for
 * what could not be read. */
struct db_call check_call(struct check *check, const struct route *route, const struct db_value *values);

/* Keeps the rows of a result by which a procedure refuses its input, and only these; false if it is another one. */
bool check_receive(struct check *check, struct db_result *result, unsigned index);

/* Adds to `faults` what the procedure has refused: the rows, or what the error names where there are none. Nothing, if
 * the outcome is no refusal of input. */
void check_merge(struct faults *faults, const struct check *check, const struct db_outcome *outcome,
                 const struct route *route, const struct fields_input *input);

void check_free(struct check *check);

#endif
