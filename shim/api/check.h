/* Faults that the database finds in a request's input. A procedure that refuses its input returns rows (invalid_field,
 * message), one for each bad field, before it raises the error. If faults are known before the CALL, the route's
 * check_procedure is called in place of the procedure, so that the client learns of all faults at once. */
#ifndef EVENTHUB_CHECK_H
#define EVENTHUB_CHECK_H

#include <stdbool.h>

#include "db/client/call.h"
#include "shim/api/faults.h"
#include "shim/api/fields.h"

/* The rows of one CALL by which its input is refused. Empty when zero-initialised. */
struct check {
    struct db_value arguments[ROUTE_FIELDS];
    struct faults told;
};

/* The CALL of the route's check_procedure. `values` are the fields as fields_read has read them; what could not be read
 * is DB_NULL. `check` receives the rows and has to live until the call is over. */
struct db_call check_call(struct check *check, const struct route *route, const struct db_value *values);

/* Keeps the rows of a result if they refuse input; false if it is another result. To be called for each result of a
 * CALL; `index` 0 drops the rows of an earlier attempt. */
bool check_receive(struct check *check, struct db_result *result, unsigned index);

/* Adds to `faults` the fields that a CALL has refused: those in its rows, and the one that its error names. Adds
 * nothing if the outcome is no refusal of input. */
void check_merge(struct faults *faults, const struct check *check, const struct db_outcome *outcome,
                 const struct route *route, const struct fields_input *input);

void check_free(struct check *check);

#endif
