/* What the errors of the server and its client library mean. */
#ifndef EVENTHUB_DB_ERRORS_H
#define EVENTHUB_DB_ERRORS_H

#include <stdbool.h>

enum db_error {
    DB_ERROR_REFUSAL,      /* a rule refused the statement */
    DB_ERROR_ROLLED_BACK,  /* the transaction was rolled back, and may be tried again */
    DB_ERROR_NOT_EXECUTED, /* the procedure is being replaced; nothing was executed */
    DB_ERROR_NOT_SENT,     /* the connection was closed before the statement was sent */
    DB_ERROR_LOST,         /* the connection broke; whether the statement took effect is unknown */
    DB_ERROR_READ_ONLY,    /* this server accepts no changes; another one may */
    DB_ERROR_UNAVAILABLE,  /* the server ended the statement, or cannot execute it now */
    DB_ERROR_OTHER,
};

/* Classifies an error by its number (mysql_errno) and SQLSTATE. */
enum db_error db_error_sort(unsigned number, const char *sqlstate);

/* Whether the error means that the server, or the account, has reached its limit of connections. */
bool db_error_is_limit(unsigned number);

/* The SQLSTATE of a refusal: the server's own; but 23000 for a violated CHECK, to which MySQL gives HY000. */
const char *db_error_sqlstate(unsigned number, const char *sqlstate);

#endif
