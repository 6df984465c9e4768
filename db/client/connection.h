/* A connection to the database: connecting, calling, and trying again where that is safe. */
#ifndef EVENTHUB_DB_CONNECTION_H
#define EVENTHUB_DB_CONNECTION_H

#include <stdint.h>

#include "db/client/call.h"
#include "db/client/url.h"

/* What all connections of a program share. `url` stays the caller's. */
struct db_server;

struct db_server_options {
    long connect_seconds;   /* for a TCP or socket connection to come about, each host */
    long statement_seconds; /* for the answer to one CALL */
    bool log_versions; /* of the server and the client library: when first connected, and when another one answers */
};

struct db_server *db_server_new(const struct db_url *url, const struct db_server_options *options);
void db_server_free(struct db_server *server);

struct db_connection;

/* Not connected yet: the first call does that. To be used by one thread at a time. */
struct db_connection *db_connection_new(struct db_server *server);
void db_connection_free(struct db_connection *connection);

/* Sees to it that the connection is there before a call wants it: returns 0, or the moment (clock_us) before which
 * another attempt is useless. */
int64_t db_connection_prepare(struct db_connection *connection);

/* Executes `call`, on the first host that is there and, where it writes, takes changes. A deadlock, a lock wait timeout
 * and a snapshot conflict (1213, 1205, 1020: the transaction is rolled back), a procedure that is being replaced (1305,
 * 1370: not executed) and a connection found closed before the CALL was sent are tried again, with jitter and a bound;
 * a connection lost later only for repeatable calls. False: there is no connection to be had, and nothing was done;
 * which the log has been told. */
bool db_connection_call(struct db_connection *connection, const struct db_call *call, struct db_outcome *outcome);

#endif
