/* What the errors of the server and its client library mean. */
#include "db/client/errors.h"

#include <string.h>

enum {
    CLIENT_ERROR_FIRST = 2000, /* errors of the client library are 2000 to 2999 (errmsg.h) */
    CLIENT_ERROR_LAST = 2999,
    CR_SERVER_GONE = 2006, /* the statement could not be written to the connection */
    ER_CHECK_VIOLATED_MARIADB = 4025,
    ER_CHECK_VIOLATED_MYSQL = 3819,
};

/* By number, from the servers' error references. */
static const struct {
    unsigned number;
    enum db_error error;
} known[] = {
    {1213, DB_ERROR_ROLLED_BACK},  /* ER_LOCK_DEADLOCK */
    {1205, DB_ERROR_ROLLED_BACK},  /* ER_LOCK_WAIT_TIMEOUT; the procedures' handlers roll back */
    {1020, DB_ERROR_ROLLED_BACK},  /* ER_CHECKREAD, of MariaDB's snapshot isolation */
    {1305, DB_ERROR_NOT_EXECUTED}, /* ER_SP_DOES_NOT_EXIST: between DROP and CREATE of a deployment */
    {1370, DB_ERROR_NOT_EXECUTED}, /* ER_PROCACCESS_DENIED_ERROR: between CREATE and GRANT */
    {1318, DB_ERROR_NOT_EXECUTED}, /* ER_SP_WRONG_NO_OF_ARGS: between the parts of a deployment */
    /* ER_NO_SUCH_TABLE: what MariaDB calls a procedure that a function uses and that was missing when the tables were
     * opened. */
    {1146, DB_ERROR_NOT_EXECUTED},
    {1053, DB_ERROR_LOST},        /* ER_SERVER_SHUTDOWN */
    {1927, DB_ERROR_LOST},        /* ER_CONNECTION_KILLED */
    {4031, DB_ERROR_NOT_SENT},    /* ER_CLIENT_INTERACTION_TIMEOUT: the server had closed the idle connection */
    {1449, DB_ERROR_UNAVAILABLE}, /* ER_NO_SUCH_USER: the definer is not there, migrate has not run */
    {1356, DB_ERROR_UNAVAILABLE}, /* ER_VIEW_INVALID: before migrate, a table or a right of the definer is missing */
    {1665, DB_ERROR_UNAVAILABLE}, /* ER_BINLOG_STMT_MODE_AND_ROW_ENGINE: binlog_format is STATEMENT */
    {1317, DB_ERROR_UNAVAILABLE}, /* ER_QUERY_INTERRUPTED */
    {1969, DB_ERROR_UNAVAILABLE}, /* ER_STATEMENT_TIMEOUT */
    {3024, DB_ERROR_UNAVAILABLE}, /* ER_QUERY_TIMEOUT */
    {1290, DB_ERROR_READ_ONLY},   /* ER_OPTION_PREVENTS_STATEMENT: a read-only server */
    {1836, DB_ERROR_READ_ONLY},   /* ER_READ_ONLY_MODE */
    {ER_CHECK_VIOLATED_MARIADB, DB_ERROR_REFUSAL},
    {ER_CHECK_VIOLATED_MYSQL, DB_ERROR_REFUSAL},
};

enum db_error db_error_sort(unsigned number, const char *sqlstate) {
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].number == number)
            return known[i].error;
    }
    if (number == CR_SERVER_GONE)
        return DB_ERROR_NOT_SENT;
    if (number >= CLIENT_ERROR_FIRST && number <= CLIENT_ERROR_LAST)
        return DB_ERROR_LOST;
    if (strncmp(sqlstate, "454", 3) == 0)
        return DB_ERROR_REFUSAL;
    if (strcmp(sqlstate, "45503") == 0)
        return DB_ERROR_UNAVAILABLE;
    /* Class 22 is a value that does not fit its column or parameter, class 23 a violated constraint. */
    if (strncmp(sqlstate, "22", 2) == 0 || strncmp(sqlstate, "23", 2) == 0)
        return DB_ERROR_REFUSAL;
    return DB_ERROR_OTHER;
}

bool db_error_is_limit(unsigned number) {
    /* ER_CON_COUNT_ERROR, ER_CANT_CREATE_THREAD, ER_TOO_MANY_USER_CONNECTIONS, ER_USER_LIMIT_REACHED */
    return number == 1040 || number == 1135 || number == 1203 || number == 1226;
}

const char *db_error_sqlstate(unsigned number, const char *sqlstate) {
    return number == ER_CHECK_VIOLATED_MARIADB || number == ER_CHECK_VIOLATED_MYSQL ? "23000" : sqlstate;
}
