/* What a result is made of, for the files of this folder. */
#ifndef EVENTHUB_DB_RESULT_MYSQL_H
#define EVENTHUB_DB_RESULT_MYSQL_H

#include <mysql.h>

#include "result.h"

struct db_result {
    MYSQL_RES *set;
    MYSQL_ROW row;
    unsigned long *lengths;
};

#endif
