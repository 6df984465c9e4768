/* The rows that a CALL returned, column by column, with their types. */
#ifndef EVENTHUB_DB_RESULT_H
#define EVENTHUB_DB_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/client/value.h"

/* One result set. It and its texts live until the callback that received it returns. */
struct db_result;

struct db_column {
    const char *name; /* as the procedure names it */
    size_t name_length;
    enum db_type type; /* of this row's value: DB_NULL if it is NULL */
    const char *text;  /* as the server wrote it, NUL-terminated; NULL if the value is NULL */
    size_t length;     /* bytes in text */
};

/* Goes to the next row, the first time to the first one; false after the last. */
bool db_result_next(struct db_result *result);
size_t db_result_columns(const struct db_result *result);
/* The column's name, even if there are no rows; "" behind the last column. */
const char *db_result_column_name(const struct db_result *result, size_t index);
struct db_column db_result_column(const struct db_result *result, size_t index);

/* The column called `name` in this row; type DB_NULL if there is none. */
struct db_column db_result_find(const struct db_result *result, const char *name);

/* The value of a DB_DATETIME column in seconds since 1970-01-01T00:00:00Z. */
int64_t db_column_seconds(const struct db_column *column);

#endif
