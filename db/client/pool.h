/* A bounded pool of connections, each with a thread of its own: jobs go in, and come back with their outcomes. */
#ifndef EVENTHUB_DB_POOL_H
#define EVENTHUB_DB_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "db/client/connection.h"
#include "db/client/job.h"

/* To be used by one thread. A job passes, in this order: db_pool_submit, db_pool_start, a trip to the database on a
 * thread of the pool, db_pool_finish, db_pool_complete. */
struct db_pool;

struct db_pool_options {
    size_t connections;
    size_t queue_limit; /* how many jobs may be under way besides one for each connection, for their memory's sake */
    /* A job that waited longer is DB_UNAVAILABLE without being sent. One that would wait for more than half of it is
     * not taken. */
    long queue_seconds;
    size_t group_limit; /* how many calls may go in one list; 1: none goes in a list */
    bool share_reads;   /* false switches DB_LANE_SHARED off */
};

/* NULL if memory or threads cannot be had, with errno set. `server` stays the caller's and has to outlive the pool. */
struct db_pool *db_pool_new(struct db_server *server, const struct db_pool_options *options);

/* Whether db_pool_submit would return false now for a quick job of that lane, because it would wait for too long or too
 * many jobs are under way. A watched one is always taken. For admission control: ask before work is
 * put into a request. */
bool db_pool_is_full(const struct db_pool *pool, enum db_lane lane, bool watched);

/* Takes a job on; false, at once, if it would wait for too long, too many are under way, or memory is out. The job may
 * have to wait for db_pool_start. */
bool db_pool_submit(struct db_pool *pool, struct db_job *job);

/* Starts all trips that can start. Call it when all requests that have arrived are submitted, so that they travel
 * together. */
void db_pool_start(struct db_pool *pool);

/* A descriptor that is readable while db_pool_finish has something to do. */
int db_pool_fd(const struct db_pool *pool);

/* Whether db_pool_finish has something to do; makes no system call. */
bool db_pool_has_finished(const struct db_pool *pool);

/* Takes back the trips that have ended. Their jobs can be completed, or wait for another trip. */
void db_pool_finish(struct db_pool *pool);

/* How many jobs can be completed now. */
size_t db_pool_completable(const struct db_pool *pool);

/* How many jobs wait or are on their way. */
size_t db_pool_pending(const struct db_pool *pool);

/* Calls `complete` of at most `most` jobs. */
void db_pool_complete(struct db_pool *pool, size_t most);

/* Waits for the trips under way, completes all jobs (those that have not started are DB_UNAVAILABLE), and closes the
 * connections. */
void db_pool_free(struct db_pool *pool);

#endif
