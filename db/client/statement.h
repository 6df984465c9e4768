/* A CALL as SQL text, made so that no argument can become SQL. */
#ifndef EVENTHUB_DB_STATEMENT_H
#define EVENTHUB_DB_STATEMENT_H

#include <stddef.h>

#include "db/client/value.h"
#include "db/common/buffer.h"

/* Appends "CALL procedure(arguments)". Whole numbers and dates are written as digits from their binary form, texts as
 * hexadecimal literals: nothing stands in the statement as a user sent it. `procedure` must be a name from this
 * program. */
void db_statement_call(struct buffer *sql, const char *procedure, const struct db_value *arguments, size_t count);

#endif
