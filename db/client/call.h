/* One CALL of a stored procedure, and what came of it. */
#ifndef EVENTHUB_DB_CALL_H
#define EVENTHUB_DB_CALL_H

#include <stdbool.h>
#include <stddef.h>

#include "db/client/result.h"
#include "db/client/value.h"

struct db_call {
    const char *procedure;
    const struct db_value *arguments;
    size_t argument_count;
    /* Of calls that can go together in one: the procedure for many. It takes a JSON array with an array of arguments
     * for each, and whether to wait for locks. It returns a row for each: SQLSTATE and message if it is refused, else
     * NULL, NULL, and then the columns that `procedure` returns. */
    const char *list_procedure;
    size_t subject;  /* which argument names what the call locks */
    bool repeatable; /* idempotent: may be sent again when nobody knows whether it was executed */
    bool watched;    /* made every few seconds by a monitor: the log hears of it only when its outcome changes */

    /* Called on the thread that executes the call, once per result set; `index` counts from 0. An error may follow, and
     * after it a second try, which begins with index 0 again: what was kept of the first try is to be dropped then. The
     * same goes for a call that fails in the end. */
    void (*receive)(void *receiver, struct db_result *result, unsigned index);
    void *receiver;
};

enum db_status {
    DB_OK,
    DB_REFUSED,     /* a procedure said no: SQLSTATE 45nnn, or a constraint or type of a column did */
    DB_UNAVAILABLE, /* the database cannot be reached, is too busy or took too long; perhaps later */
    DB_FAILED,      /* an error that is ours; it has been logged */
};

struct db_outcome {
    enum db_status status;
    char sqlstate[6];  /* DB_REFUSED: by which rule; of class 45 by a procedure's, 22 a type's, 23 a constraint's */
    char message[640]; /* DB_REFUSED of class 45: MESSAGE_TEXT; otherwise what to log */
};

#endif
