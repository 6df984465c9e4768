/* Whether the database can be reached: what the connections of a program know of it together, and the log is told. */
#ifndef EVENTHUB_DB_REACH_H
#define EVENTHUB_DB_REACH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/common/trouble.h"

/* When a connection that could not be had may be tried for again: by one thread at a time, after a pause that grows. */
struct db_pace {
    unsigned failures; /* 0: at any time, by anybody */
    int64_t retry_at_us;
};

/* To be used by any number of threads. */
struct db_reach {
    pthread_mutex_t lock; /* guards everything below */
    unsigned connected;
    unsigned seed;
    struct db_pace absence;  /* no connection can be had */
    struct db_pace shortage; /* no more connections can be had than there are */
    unsigned allowed;        /* how many there were then */
    struct trouble absent;
    struct trouble short_of;
};

void db_reach_init(struct db_reach *reach);
void db_reach_free(struct db_reach *reach);

/* Whether to try for a connection now: not while the database was away a moment ago; nor, where it is a spare one, for
 * which no call waits, while it allowed no more a moment ago. An attempt takes `longest_us` at most. */
bool db_reach_may_try(struct db_reach *reach, bool spare, int64_t longest_us);

/* What came of the attempt; `error` is the client library's number. */
void db_reach_opened(struct db_reach *reach);
void db_reach_failed(struct db_reach *reach, unsigned error, const char *message);

/* A connection has ended. */
void db_reach_closed(struct db_reach *reach);

/* The moment before which db_reach_may_try is false for a spare one; may be past. */
int64_t db_reach_retry_at(struct db_reach *reach);

#endif
