/* A bounded pool of connections, each with a thread of its own: calls go in, outcomes come back. */
#ifndef EVENTHUB_DB_POOL_H
#define EVENTHUB_DB_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/client/call.h"
#include "db/client/connection.h"
#include "db/common/workers.h"

struct db_pool;

struct db_pool_options {
    size_t connections;
    size_t queue_limit; /* how many calls may be under way beyond one for each connection */
    long queue_seconds; /* a call that waited longer is DB_UNAVAILABLE without being sent */
    size_t group_limit; /* how many calls of DB_LANE_GROUPED may go in one; 1: the lane is off */
    bool share_reads;   /* false: DB_LANE_SHARED is off */
};

/* Which calls travel together. A lane that is off is DB_LANE_DIRECT. */
enum db_lane {
    DB_LANE_DIRECT, /* one CALL for each */
    /* Equal calls that wait at the same moment are answered by one CALL, begun after all of them arrived: so each sees
     * whatever was committed before it was asked. For calls that change nothing. */
    DB_LANE_SHARED,
    /* Calls that arrive while earlier ones are being committed go together, in arrival order, in one CALL of
     * call.list_procedure and one transaction, each with an outcome of its own. With nothing under way a call goes at
     * once and alone. */
    DB_LANE_GROUPED,
};

struct db_jobs {
    struct db_job *first;
    struct db_job **end; /* where the next one is linked */
    size_t count;
};

/* What one connection serves with one CALL; see trip.h. */
struct db_trip {
    struct work work;
    struct db_pool *pool;
    struct db_queue *queue; /* of the lane that it comes from; NULL for DB_LANE_DIRECT */
    enum db_trip_kind {
        DB_TRIP_ALONE,        /* one job, by its own call */
        DB_TRIP_SHARED,       /* equal jobs, by the call of the first */
        DB_TRIP_LIST,         /* by the list procedure, which leaves out what somebody else has locked */
        DB_TRIP_LIST_WAITING, /* by the list procedure, which waits for it */
    } kind;
    struct db_jobs jobs;
};

/* One call under way. The caller fills `call`, `lane` and `complete`, and keeps the job alive until `complete`. */
struct db_job {
    struct db_call call;
    enum db_lane lane;
    void (*complete)(struct db_job *job); /* in db_pool_start, with what follows filled */
    struct db_outcome outcome;
    /* The job whose receiver has got the rows: this one, but in DB_LANE_SHARED perhaps an equal one, which lives until
     * this `complete` has returned. */
    struct db_job *answered_by;

    /* The pool's own. */
    int64_t give_up_at_us;
    struct db_job *next;
    struct db_trip trip; /* for when it is the first in one */
    bool busy;           /* what the call would lock was locked by somebody else, and nothing was done */
    bool failed;         /* the list was in error as a whole, and nothing was done */
};

/* `server` stays the caller's and has to outlive the pool. */
struct db_pool *db_pool_new(struct db_server *server, const struct db_pool_options *options);

/* Takes a job on; false, at once, where too many are under way or memory is out. It may wait for db_pool_start. */
bool db_pool_submit(struct db_pool *pool, struct db_job *job);

/* Starts what waits, and then completes some of what db_pool_finish took back: to be called after db_pool_submit and
 * db_pool_finish, as soon as all that has arrived is submitted, so that it travels together. True: there is more to
 * complete, so it is to be called again, when what has arrived meanwhile is submitted. */
bool db_pool_start(struct db_pool *pool);

/* Whether db_pool_submit would return false now: to be asked before work is put into a request. */
bool db_pool_is_full(const struct db_pool *pool);

/* As of workers: a descriptor that is readable when db_pool_finish has something to do, which is to take back what has
 * been to the database. */
int db_pool_fd(const struct db_pool *pool);
void db_pool_finish(struct db_pool *pool);

/* db_pool_finish where it has something to do, found out without asking the kernel: for who is busy, and would look at
 * the descriptor only when everything else is done. */
bool db_pool_finish_early(struct db_pool *pool);

/* Waits for what is under way, completes it, and closes the connections. */
void db_pool_free(struct db_pool *pool);

#endif
