/* Whether the database can be reached: all connections of a program share what they learn of it, and the log is
 * told. */
#ifndef EVENTHUB_DB_REACH_H
#define EVENTHUB_DB_REACH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/common/trouble.h"

/* When to try again to open a connection after failures: one thread at a time, after a pause that grows. */
struct db_pace {
    unsigned failures; /* 0: any thread may try at any time */
    int64_t retry_at_us;
};

/* To be used by any number of threads. */
struct db_reach {
    pthread_mutex_t lock; /* guards everything below */
    unsigned connected;
    unsigned seed;
    struct db_pace absence;  /* no connection can be opened */
    struct db_pace shortage; /* some connections are open, and no more can be opened */
    unsigned allowed;        /* how many were open when the shortage began */
    struct trouble absent;
    struct trouble short_of;
};

void db_reach_init(struct db_reach *reach);
void db_reach_free(struct db_reach *reach);

/* Whether to try to open a connection now. After a failure this is true for one thread at a time, once the pause is
 * over; an attempt takes `longest_us` at most. `spare`: no call waits for the connection. While
 * the server is at its limit of connections, spare ones are not tried for; one that a call waits for is. */
bool db_reach_may_try(struct db_reach *reach, bool spare, int64_t longest_us);

/* The result of the attempt; `error` is the client library's number. */
void db_reach_opened(struct db_reach *reach);
void db_reach_failed(struct db_reach *reach, unsigned error, const char *message);

/* A connection has ended. */
void db_reach_closed(struct db_reach *reach);

/* The moment (clock_us) before which db_reach_may_try is false for a spare connection; may be past. */
int64_t db_reach_retry_at(struct db_reach *reach);

#endif
