/* Jobs and trips: a job is a call that somebody waits for; a trip is one CALL that carries one or more jobs to the
 * database. */
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

/* How a trip ended for one of its jobs. */
enum db_job_fate {
    DB_JOB_DONE,    /* it has its outcome */
    DB_JOB_NOT_NOW, /* its row is locked by somebody else, or there is too much to read for a list; nothing was done */
    DB_JOB_FAILED,  /* the list that it was part of failed as a whole; nothing was done */
};

enum db_trip_kind {
    DB_TRIP_ALONE,        /* one job, or several with equal calls, by the call of the first one */
    DB_TRIP_LIST,         /* jobs by the list procedure, which passes over what would take long */
    DB_TRIP_LIST_WAITING, /* jobs by the list procedure, which waits for locks */
};

/* Carries jobs to the database by one CALL on one connection. It is embedded in the job that was its first, so that it
 * needs no memory of its own: none of its jobs may be completed before db_lanes_finish has returned. */
struct db_trip {
    enum db_trip_kind kind;
    struct db_jobs jobs; /* those with equal calls stand together */

    /* For the lanes. */
    struct db_queue *queue;         /* the queue whose trip this is; NULL: of none */
    struct db_procedure *procedure; /* NULL: its job waited for no other */
    bool is_common;                 /* it is the one trip of the common queue that may be under way */
    bool is_apart;                  /* it is a read that goes by itself where reads go in lists */
    bool is_quick_read;             /* it counts among the quick reads of its procedure */
    bool is_slow;                   /* it counts among the trips that may take long */

    /* For the pool. */
    struct db_pool *pool;
    struct work work;
};

/* The caller fills `call`, `lane` and `complete`, and keeps the job alive until `complete` is called. */
struct db_job {
    struct db_call call;
    enum db_lane lane;
    void (*complete)(struct db_job *job); /* called when the members below are filled */

    struct db_outcome outcome;
    /* The job whose receiver gets the rows: this one or, in DB_LANE_SHARED, one with an equal call. It lives until this
     * `complete` has returned. */
    struct db_job *answered_by;
    bool is_shared; /* those rows answer other jobs as well */

    /* For the pool, its lanes and its trips. */
    _Atomic int64_t give_up_at_us; /* a thread may be about to read it while db_job_give_up writes it */
    enum db_job_fate fate;
    bool goes_alone;             /* a list with it has failed */
    struct admission *admission; /* of those that wait for the same; while it waits or is on a trip */
    struct db_trip trip;
    STAILQ_ENTRY(db_job) link;
};

/* Nobody waits for the job any more: if its trip has not begun, it is not made, and the job is DB_UNAVAILABLE. */
void db_job_give_up(struct db_job *job);

/* Makes the queue empty. */
void db_jobs_init(struct db_jobs *jobs);

/* Puts a job at the end. */
void db_jobs_put(struct db_jobs *jobs, struct db_job *job);

/* Removes the first job and returns it. The queue must not be empty. */
struct db_job *db_jobs_take(struct db_jobs *jobs);

/* The first job, which stays in the queue; NULL if the queue is empty. */
struct db_job *db_jobs_first(const struct db_jobs *jobs);

/* Puts all jobs of `from` behind those of `to`. */
void db_jobs_move(struct db_jobs *from, struct db_jobs *to);

/* Whether a list procedure can be given the call: all arguments are whole numbers of at most 18 digits, or NULL. */
bool db_call_fits_list(const struct db_call *call);

#endif
