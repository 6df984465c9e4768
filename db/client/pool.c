/* A bounded pool of connections, each with a thread of its own: calls go in, outcomes come back. */
#include "pool.h"

#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>

#include "../common/clock.h"

struct db_pool {
    struct workers *workers;
    long queue_seconds;
};

static struct db_job *job_of(struct work *work) {
    return (struct db_job *)((char *)work - offsetof(struct db_job, work));
}

static void *open_thread(void *server) {
    mysql_thread_init();
    return db_connection_new(server);
}

static void close_thread(void *connection) {
    db_connection_free(connection);
    mysql_thread_end();
}

static void run(struct work *work, void *context) {
    struct db_job *job = job_of(work);

    if (context == NULL || clock_us() > job->give_up_at_us) {
        job->outcome = (struct db_outcome){.status = DB_UNAVAILABLE};
        snprintf(job->outcome.message, sizeof job->outcome.message, "%s",
                 context ? "waited too long" : "out of memory");
        return;
    }
    db_connection_call(context, &job->call, &job->outcome);
}

static void done(struct work *work) {
    struct db_job *job = job_of(work);
    job->complete(job);
}

struct db_pool *db_pool_new(struct db_server *server, const struct db_pool_options *options) {
    struct workers_options workers = {
        .threads = options->connections,
        .queue_limit = options->queue_limit,
        .begin = open_thread,
        .end = close_thread,
        .argument = server,
    };
    struct db_pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL)
        return NULL;
    pool->queue_seconds = options->queue_seconds;
    pool->workers = workers_new(&workers);
    if (pool->workers == NULL) {
        free(pool);
        return NULL;
    }
    return pool;
}

bool db_pool_submit(struct db_pool *pool, struct db_job *job) {
    job->work.run = run;
    job->work.done = done;
    job->give_up_at_us = clock_us() + pool->queue_seconds * 1000000;
    return workers_submit(pool->workers, &job->work);
}

int db_pool_fd(const struct db_pool *pool) {
    return workers_fd(pool->workers);
}

void db_pool_finish(struct db_pool *pool) {
    workers_finish(pool->workers);
}

void db_pool_free(struct db_pool *pool) {
    if (pool == NULL)
        return;
    workers_free(pool->workers);
    free(pool);
}
