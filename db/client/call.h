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
    /* Of calls that can go together: the procedure that takes a list of such arguments as JSON, and whether to wait for
     * locks, and returns a row for each with why it is refused, if it is, before the columns of the one row of
     * `procedure`; and which argument names what the call locks. */
    const char *list_procedure;
    size_t subject;
    bool repeatable; /* doing it twice is doing it once: may be sent again when nobody knows whether it was executed */
    bool watched;    /* asked all the time: logged when it fails otherwise than before, and when it succeeds again */

    /* Called on the thread that executes, once per result set, `index` counting from 0. An error may follow, and after
     * it a second try: what was kept of the earlier try is to be dropped at index 0 or where the call does not succeed.
     */
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
    int http_status;   /* DB_REFUSED: the nnn of 45nnn (400 to 499) */
    char message[640]; /* DB_REFUSED: MESSAGE_TEXT; otherwise what to log */
};

#endif
