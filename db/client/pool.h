/* A bounded pool of connections, each with a thread of its own: calls go in, outcomes come back. */
#ifndef EVENTHUB_DB_POOL_H
#define EVENTHUB_DB_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../common/workers.h"
#include "call.h"
#include "connection.h"

struct db_pool;

struct db_pool_options {
    size_t connections;
    size_t queue_limit; /* how many calls may wait for a connection */
    long queue_seconds; /* a call that waited longer is DB_UNAVAILABLE without being sent */
};

/* One call under way. The caller fills `call` and `complete`, and keeps the job alive until `complete`. */
struct db_job {
    struct db_call call;
    void (*complete)(struct db_job *job); /* in db_pool_finish, with `outcome` filled */
    struct db_outcome outcome;

    /* The pool's own. */
    struct work work;
    int64_t give_up_at_us;
};

/* `server` stays the caller's and has to outlive the pool. */
struct db_pool *db_pool_new(struct db_server *server, const struct db_pool_options *options);

/* Takes a job on; false, at once, where the queue is full. */
bool db_pool_submit(struct db_pool *pool, struct db_job *job);

/* As of workers: a descriptor that is readable when db_pool_finish has something to do. */
int db_pool_fd(const struct db_pool *pool);
void db_pool_finish(struct db_pool *pool);

/* Waits for what is under way, completes it, and closes the connections. */
void db_pool_free(struct db_pool *pool);

#endif
