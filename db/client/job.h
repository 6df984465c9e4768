/* Jobs, which are calls that somebody waits for, and trips, each of which carries some of them to the database. */
#ifndef EVENTHUB_DB_JOB_H
#define EVENTHUB_DB_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "db/client/call.h"
#include "db/client/lane.h"
#include "db/common/workers.h"

struct db_job;

/* A queue of jobs. */
struct db_jobs {
    STAILQ_HEAD(, db_job) list;
    size_t count;
};

/* What became of a job on its trip. */
enum db_job_fate {
    DB_JOB_DONE,   /* it has its outcome */
    DB_JOB_LOCKED, /* somebody else had locked what its call would lock; nothing was done */
    DB_JOB_FAILED, /* the list that it was in failed as a whole; nothing was done */
};

enum db_trip_kind {
    DB_TRIP_ALONE,        /* one job, by its own call */
    DB_TRIP_SHARED,       /* jobs with equal calls, by the call of the first */
    DB_TRIP_LIST,         /* by the list procedure, which leaves out what somebody else has locked */
    DB_TRIP_LIST_WAITING, /* by the list procedure, which waits for locks */
};

/* Carries jobs to the database: one CALL on one connection. It is a member of its first job, so it needs no memory of
 * its own. */
struct db_trip {
    enum db_trip_kind kind;
    struct db_jobs jobs;
    struct db_queue *queue; /* the lanes' own: where its jobs waited; NULL for a job that went without waiting */
    struct db_pool *pool;   /* the pool's own */
    struct work work;       /* the pool's own */
};

/* The caller fills `call`, `lane` and `complete`, and keeps the job alive until `complete` is called. */
struct db_job {
    struct db_call call;
    enum db_lane lane;
    void (*complete)(struct db_job *job); /* called with what follows filled */

    struct db_outcome outcome;
    /* The job whose receiver got the rows: this one, or in DB_LANE_SHARED perhaps an equal one, which lives until this
     * `complete` has returned. */
    struct db_job *answered_by;
    bool is_shared; /* whether those rows answer other jobs as well */

    /* The pool's own. */
    int64_t give_up_at_us;
    enum db_job_fate fate;
    struct db_trip trip;
    STAILQ_ENTRY(db_job) link;
};

/* Makes the queue an empty one. */
void db_jobs_init(struct db_jobs *jobs);

/* Puts a job at the end. */
void db_jobs_put(struct db_jobs *jobs, struct db_job *job);

/* Takes the first job away; the queue is not empty. */
struct db_job *db_jobs_take(struct db_jobs *jobs);

/* The first job, which stays; NULL if there is none. */
struct db_job *db_jobs_first(const struct db_jobs *jobs);

#endif
