/* A bounded pool of connections, each with a thread of its own: calls go in, outcomes come back. */
#include "db/client/pool.h"

#include <mysql.h>
#include <stdlib.h>

#include "db/client/lanes.h"
#include "db/common/clock.h"

/* Clients that have their answers ask for more, which can be on its way to the database while the rest is answered. */
enum { COMPLETED_AT_ONCE = 32 };

/* More where there are many: what is not complete takes the room of requests that the database could work on. */
static size_t portion_of(size_t finished) {
    return finished / 4 > COMPLETED_AT_ONCE ? finished / 4 : COMPLETED_AT_ONCE;
}

struct db_pool {
    struct workers *workers;
    struct db_lanes *lanes;
    long queue_seconds;
    size_t under_way;        /* jobs that are not complete */
    struct db_jobs finished; /* of those, the ones that have their outcome */
    size_t limit;
};

static void *open_thread(void *server) {
    mysql_thread_init();
    return db_connection_new(server);
}

static void close_thread(void *connection) {
    db_connection_free(connection);
    mysql_thread_end();
}

/* `connection` is NULL where memory was out. */
static int64_t prepare(void *connection) {
    return connection != NULL ? db_connection_prepare(connection) : clock_us() + 1000000;
}

static struct db_trip *trip_of(struct work *work) {
    return (struct db_trip *)((char *)work - offsetof(struct db_trip, work));
}

static void run(struct work *work, void *connection) {
    db_trip_run(trip_of(work), connection);
}

static void done(struct work *work) {
    struct db_trip *trip = trip_of(work);
    db_lanes_finish(trip->pool->lanes, trip, &trip->pool->finished);
}

bool db_pool_start(struct db_pool *pool) {
    db_lanes_start(pool->lanes, &pool->finished);
    /* After that, so that the database is at work while answers are written. */
    for (size_t left = portion_of(pool->finished.count); left > 0 && pool->finished.count > 0; left--) {
        struct db_job *job = db_jobs_take(&pool->finished);
        pool->under_way--;
        job->complete(job);
    }
    return pool->finished.count > 0;
}

bool db_trip_start(struct db_trip *trip) {
    trip->work.run = run;
    trip->work.done = done;
    return trip->pool->workers != NULL && workers_submit(trip->pool->workers, &trip->work);
}

struct db_pool *db_pool_new(struct db_server *server, const struct db_pool_options *options) {
    size_t limit = options->queue_limit + options->connections;
    struct workers_options workers = {
        .threads = options->connections,
        .queue_limit = limit,
        .begin = open_thread,
        .end = close_thread,
        .prepare = prepare,
        .argument = server,
    };
    struct db_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return NULL;
    pool->queue_seconds = options->queue_seconds;
    pool->limit = limit;
    db_jobs_clear(&pool->finished);
    pool->lanes = db_lanes_new(pool, options);
    pool->workers = pool->lanes != NULL ? workers_new(&workers) : NULL;
    if (pool->workers == NULL) {
        db_pool_free(pool);
        return NULL;
    }
    return pool;
}

bool db_pool_is_full(const struct db_pool *pool) {
    return pool->under_way >= pool->limit;
}

bool db_pool_submit(struct db_pool *pool, struct db_job *job) {
    if (db_pool_is_full(pool))
        return false;
    job->give_up_at_us = clock_us() + pool->queue_seconds * 1000000;
    job->answered_by = job;
    job->busy = false;
    job->failed = false;
    if (!db_lanes_submit(pool->lanes, job))
        return false;
    pool->under_way++;
    return true;
}

int db_pool_fd(const struct db_pool *pool) {
    return workers_fd(pool->workers);
}

bool db_pool_finish_early(struct db_pool *pool) {
    bool finished = workers_have_finished(pool->workers);
    if (finished)
        db_pool_finish(pool);
    return finished;
}

void db_pool_finish(struct db_pool *pool) {
    workers_finish(pool->workers);
}

void db_pool_free(struct db_pool *pool) {
    if (pool == NULL)
        return;
    workers_free(pool->workers);
    pool->workers = NULL;
    while (pool->lanes != NULL && db_pool_start(pool))
        continue;
    db_lanes_free(pool->lanes);
    free(pool);
}
