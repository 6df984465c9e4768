/* The rows that a CALL returned, column by column, with their types. */
#ifndef EVENTHUB_DB_RESULT_H
#define EVENTHUB_DB_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/client/value.h"

/* One result set. It lives, and so do the texts it gives, for the duration of the callback that received it. */
struct db_result;

struct db_column {
    const char *name; /* as the procedure calls it */
    size_t name_length;
    enum db_type type; /* of this row's value: DB_NULL where it is NULL */
    const char *text;  /* as the server wrote it, NUL-terminated; NULL where it is NULL */
    size_t length;     /* bytes in text */
};

/* Goes to the next row, at first to the first one; false after the last. */
bool db_result_next(struct db_result *result);
size_t db_result_columns(const struct db_result *result);
/* What the procedure calls the column, also where there is no row; "" behind the last column. */
const char *db_result_column_name(const struct db_result *result, size_t index);
struct db_column db_result_column(const struct db_result *result, size_t index);

/* The column called `name` in this row; type DB_NULL if there is none. */
struct db_column db_result_find(const struct db_result *result, const char *name);

/* The value of a DB_DATETIME column in seconds since 1970-01-01T00:00:00Z. */
int64_t db_column_seconds(const struct db_column *column);

#endif
