/* A connection to the database: connecting, calling, and trying again where that is safe. */
#ifndef EVENTHUB_DB_CONNECTION_H
#define EVENTHUB_DB_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "db/client/call.h"
#include "db/client/url.h"

/* What all connections of a program share. `url` stays the caller's. */
struct db_server;

struct db_server_options {
    long connect_seconds;   /* for one host to accept a TCP or socket connection */
    long statement_seconds; /* for the answer to one CALL */
    bool log_versions;      /* those of server and client library: at first, and when the server's changes */
};

struct db_server *db_server_new(const struct db_url *url, const struct db_server_options *options);
void db_server_free(struct db_server *server);

struct db_connection;

/* The first call connects. To be used by one thread at a time. NULL if memory is out. */
struct db_connection *db_connection_new(struct db_server *server);
void db_connection_free(struct db_connection *connection);

/* Connects, if need be, before a call wants the connection. Returns 0 if it is connected, or the moment (clock_us)
 * before which another attempt is useless. */
int64_t db_connection_prepare(struct db_connection *connection);

/* Executes `call` on the first host that is there and, if the call writes, accepts changes. It tries again, with jitter
 * and a bound, after a deadlock, a lock wait timeout and a snapshot conflict (1213, 1205, 1020: the transaction was
 * rolled back), if a procedure is being replaced (1305, 1370: nothing was executed), and if the connection was closed
 * before the CALL was sent; if it was lost later, only for repeatable calls. False: no connection can be had and
 * nothing was done, and the log says so. */
bool db_connection_call(struct db_connection *connection, const struct db_call *call, struct db_outcome *outcome);

#endif
