/* A bounded pool of connections, each with a thread of its own: jobs go in, and come back with their outcomes. */
#include "db/client/pool.h"

#include <errno.h>
#include <mysql.h>
#include <stdint.h>
#include <stdlib.h>

#include "db/client/lanes.h"
#include "db/client/trip.h"
#include "db/common/clock.h"
#include "db/common/container_of.h"

struct db_pool {
    struct workers *workers;
    struct db_lanes *lanes;
    long queue_seconds;
    size_t limit;                      /* how many jobs may be under way */
    size_t under_way;                  /* jobs that were submitted and are not complete */
    struct db_jobs finished[DB_LANES]; /* those of them that have their outcome, by lane */
    size_t finished_count;
    size_t turn; /* the lane whose turn it is to have jobs completed */
    size_t left; /* how many more in this turn */
};

static void *open_thread(void *server) {
    mysql_thread_init();
    return db_connection_new(server);
}

static void close_thread(void *connection) {
    db_connection_free(connection);
    mysql_thread_end();
}

/* `connection` is NULL if there was no memory for it. */
static int64_t prepare(void *connection) {
    return connection != NULL ? db_connection_prepare(connection) : clock_us() + 1000000;
}

/* A job that begins after half of its time has the other half if the database becomes slower meanwhile. */
static int64_t longest_wait_us(const struct db_pool_options *options) {
    return options->queue_seconds * 1000000 / 2;
}

struct db_pool *db_pool_new(struct db_server *server, const struct db_pool_options *options) {
    const struct db_lanes_options lanes = {
        .connections = options->connections,
        .queue_limit = options->queue_limit,
        .longest_wait_us = longest_wait_us(options),
        .group_limit = options->group_limit,
        .share_reads = options->share_reads,
    };
    const struct workers_options workers = {
        .threads = options->connections,
        .queue_limit = SIZE_MAX, /* the pool's own limit counts jobs, and a trip may carry many */
        .begin = open_thread,
        .end = close_thread,
        .prepare = prepare,
        .argument = server,
    };
    struct db_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return NULL;
    pool->queue_seconds = options->queue_seconds;
    pool->limit = options->queue_limit + options->connections;
    for (size_t lane = 0; lane < DB_LANES; lane++)
        db_jobs_init(&pool->finished[lane]);
    pool->lanes = db_lanes_new(&lanes);
    pool->workers = pool->lanes != NULL ? workers_new(&workers) : NULL;
    if (pool->workers == NULL) {
        int error = errno;
        db_pool_free(pool);
        errno = error;
        return NULL;
    }
    return pool;
}

bool db_pool_is_full(const struct db_pool *pool, enum db_lane lane, bool watched) {
    return !watched && (pool->under_way >= pool->limit || !db_lanes_are_open(pool->lanes, lane, clock_us()));
}

/* On a thread of the pool. */
static void run(struct work *work, void *connection) {
    struct db_trip *trip = container_of(work, struct db_trip, work);
    work->undone = !db_trip_run(trip, connection);
}

static void start(struct db_pool *pool, enum db_lanes_when when);

static void finish(struct db_pool *pool, struct db_trip *trip) {
    struct db_jobs done;

    db_jobs_init(&done);
    db_lanes_finish(pool->lanes, trip, &done, clock_us());
    pool->finished_count += done.count;
    while (done.count > 0) {
        struct db_job *job = db_jobs_take(&done);
        db_jobs_put(&pool->finished[job->lane], job);
    }
}

static void done(struct work *work) {
    struct db_trip *trip = container_of(work, struct db_trip, work);
    struct db_pool *pool = trip->pool;

    finish(pool, trip);
    start(pool, DB_LANES_AT_ONCE);
}

/* Hands trips to the threads. Once these are ending, no more trips are made, and their jobs are DB_UNAVAILABLE. */
static void start(struct db_pool *pool, enum db_lanes_when when) {
    struct db_trip *trip;

    while ((trip = db_lanes_next(pool->lanes, when)) != NULL) {
        trip->pool = pool;
        trip->work = (struct work){.run = run, .done = done};
        if (pool->workers != NULL && workers_submit(pool->workers, &trip->work))
            continue;
        db_trip_abandon(trip, "stopping");
        finish(pool, trip);
    }
}

bool db_pool_submit(struct db_pool *pool, struct db_job *job) {
    int64_t now = clock_us();

    if (!job->call.watched && pool->under_way >= pool->limit)
        return false;
    job->give_up_at_us = now + pool->queue_seconds * 1000000;
    if (!db_lanes_put(pool->lanes, job, now))
        return false;
    pool->under_way++;
    start(pool, DB_LANES_AT_ONCE);
    return true;
}

void db_pool_start(struct db_pool *pool) {
    start(pool, DB_LANES_NOW);
}

int db_pool_fd(const struct db_pool *pool) {
    return workers_fd(pool->workers);
}

bool db_pool_has_finished(const struct db_pool *pool) {
    return workers_have_finished(pool->workers);
}

void db_pool_finish(struct db_pool *pool) {
    workers_finish(pool->workers);
}

size_t db_pool_completable(const struct db_pool *pool) {
    return pool->finished_count;
}

size_t db_pool_pending(const struct db_pool *pool) {
    return pool->under_way - pool->finished_count;
}

/* The lanes take turns, so that a crowd in one of them does not hold up the answers of the others. Reads, which so many
 * wait for, have several jobs a turn. */
static struct db_job *take_finished(struct db_pool *pool) {
    static const size_t jobs_a_turn[DB_LANES] = {[DB_LANE_DIRECT] = 1, [DB_LANE_SHARED] = 8, [DB_LANE_GROUPED] = 1};

    while (pool->left == 0 || pool->finished[pool->turn].count == 0) {
        pool->turn = (pool->turn + 1) % DB_LANES;
        pool->left = jobs_a_turn[pool->turn];
    }
    pool->left--;
    pool->finished_count--;
    return db_jobs_take(&pool->finished[pool->turn]);
}

void db_pool_complete(struct db_pool *pool, size_t most) {
    for (; most > 0 && pool->finished_count > 0; most--) {
        struct db_job *job = take_finished(pool);
        pool->under_way--;
        job->complete(job);
    }
}

void db_pool_free(struct db_pool *pool) {
    if (pool == NULL)
        return;
    workers_free(pool->workers);
    pool->workers = NULL;
    /* `complete` may submit another job, which is then completed as well. */
    while (pool->lanes != NULL && pool->under_way > 0) {
        start(pool, DB_LANES_NOW);
        db_pool_complete(pool, SIZE_MAX);
    }
    db_lanes_free(pool->lanes);
    free(pool);
}
