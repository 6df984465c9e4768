/* A CALL as SQL text, put together so that no argument can become SQL. */
#ifndef EVENTHUB_DB_STATEMENT_H
#define EVENTHUB_DB_STATEMENT_H

#include "db/client/value.h"
#include "db/common/buffer.h"

/* Appends "CALL procedure(arguments)". Whole numbers and dates are written as digits from their binary form, text as a
 * hexadecimal literal: nothing that a user sent stands in the statement as it came. `procedure` is a word of ours. */
void db_statement_call(struct buffer *sql, const char *procedure, const struct db_value *arguments, size_t count);

#endif
