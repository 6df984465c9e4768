/* Which errors of the server and its client library mean what. */
#ifndef EVENTHUB_DB_ERRORS_H
#define EVENTHUB_DB_ERRORS_H

#include <stdbool.h>

enum db_error {
    DB_ERROR_REFUSAL,      /* a rule said no */
    DB_ERROR_ROLLED_BACK,  /* the transaction is gone and may be tried again */
    DB_ERROR_NOT_EXECUTED, /* the procedure was not there for a moment */
    DB_ERROR_NOT_SENT,     /* the connection was gone before the statement left */
    DB_ERROR_LOST,         /* the connection broke, and whether the statement took effect is unknown */
    DB_ERROR_READ_ONLY,    /* this server takes no changes; another one may */
    DB_ERROR_UNAVAILABLE,  /* the server ended the statement */
    DB_ERROR_OTHER,
};

/* Sorts an error by its number (mysql_errno) and SQLSTATE. */
enum db_error db_error_sort(unsigned number, const char *sqlstate);

/* Whether the number says that the server, or the account, has as many connections as it may have. */
bool db_error_is_limit(unsigned number);

/* The SQLSTATE that a refusal is known by: the server's, and 23000 for a violated CHECK, which MySQL gives HY000. */
const char *db_error_sqlstate(unsigned number, const char *sqlstate);

#endif
