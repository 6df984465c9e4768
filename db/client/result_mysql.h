/* The inside of a result, for the files of this folder. */
#ifndef EVENTHUB_DB_RESULT_MYSQL_H
#define EVENTHUB_DB_RESULT_MYSQL_H

#include <mysql.h>
#include <stdbool.h>

#include "db/client/result.h"

struct db_result {
    MYSQL_RES *set;
    MYSQL_ROW row;
    unsigned long *lengths;
    /* For a result that is one row of another one: db_result_next has not gone to the row yet; and how many columns of
     * it are hidden. */
    bool is_row;
    bool is_before_row;
    unsigned hidden;
    /* For a result that is a part of another one: that one, and what the first column of its rows holds. */
    struct db_result *whole;
    long number;
    bool is_ahead; /* of the whole: it has gone to a row that belongs to another part */
};

/* The row that `result` is at, without its first `hidden` columns, as a result of its own. It lives until `result` goes
 * on. */
struct db_result db_result_of_row(const struct db_result *result, unsigned hidden);

/* Those rows of `result`, without their first `hidden` columns, whose first column is `number`. The rows have to be
 * ordered by that column, and the parts to be read in that order. */
struct db_result db_result_of_part(struct db_result *result, long number, unsigned hidden);

#endif
