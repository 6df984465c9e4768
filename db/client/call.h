/* One CALL of a stored procedure, and its outcome. */
#ifndef EVENTHUB_DB_CALL_H
#define EVENTHUB_DB_CALL_H

#include <stdbool.h>
#include <stddef.h>

#include "db/client/result.h"
#include "db/client/value.h"

/* How long a call may keep its connection. */
enum db_call_kind {
    DB_CALL_QUICK,   /* its work is bounded, and it waits for no lock */
    DB_CALL_WAITING, /* it may wait for a row that somebody else has locked */
    DB_CALL_HEAVY,   /* it searches, or returns many rows */
};

struct db_call {
    const char *procedure;
    const struct db_value *arguments;
    size_t argument_count;
    enum db_call_kind kind;
    size_t subject; /* DB_CALL_WAITING: index of the argument that names the row */
    /* The list procedure for calls that can go together; NULL: there is none. It takes a JSON array with an array of
     * arguments for each call and, if `kind` is DB_CALL_WAITING, whether to wait for locks. Its first result has a row
     * for each call: SQLSTATE and message if the call is refused, else NULL, NULL, and then the columns that
     * `procedure` returns. Further results are those of `procedure` for all calls: before each row's columns stands the
     * place of its call, counted from 1, by which the rows are ordered. */
    const char *list_procedure;
    bool repeatable; /* idempotent: may be sent again when nobody knows whether it was executed */
    bool watched;    /* made every few seconds by a monitor: the outcome is logged only when it changes */

    /* Called on the thread that executes the call, once per result set; `index` counts from 0. An error may follow, and
     * then another attempt, which begins with index 0 again: what an earlier attempt left has to be dropped then, and
     * also if the call fails in the end. */
    void (*receive)(void *receiver, struct db_result *result, unsigned index);
    void *receiver;
};

enum db_status {
    DB_OK,
    DB_REFUSED,     /* a rule refused the call: SQLSTATE 45nnn, or a constraint or type of a column */
    DB_UNAVAILABLE, /* the database cannot be reached, is too busy or took too long: try again later */
    DB_FAILED,      /* a fault of the program or of a procedure; it has been logged */
};

struct db_outcome {
    enum db_status status;
    char sqlstate[6];  /* DB_REFUSED: class 45 is a procedure's rule, 22 a type's, 23 a constraint's */
    char message[640]; /* DB_REFUSED of class 45: MESSAGE_TEXT; otherwise a text for the log */
};

#endif
