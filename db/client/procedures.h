/* What waits and is under way of each procedure, and how the connections are shared out among them. */
#ifndef EVENTHUB_DB_PROCEDURES_H
#define EVENTHUB_DB_PROCEDURES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "db/client/job.h"
#include "db/client/queues.h"

struct db_procedure {
    const char *name;

    /* The common queue: jobs for any rows in the grouped lane, queues of equal reads in the shared one. */
    struct db_jobs common;
    struct db_queue_list reads;
    bool is_common_under_way;
    size_t apart; /* queues for one row that there are, or reads that are under way by themselves */

    struct db_queue_list ready; /* queues of equal quick reads that can start a trip */
    size_t quick_limit;         /* how many such trips may be under way, however many ways there are to ask: half */
    size_t quick_under_way;

    /* Slow trips: those that may wait for a lock, search, or return much. */
    size_t slow_limit; /* how many may be under way */
    size_t slow_under_way;
    size_t slow_jobs;           /* jobs that wait for one or are on one */
    struct db_queue_list slow;  /* queues that can start one */
    struct db_jobs alone;       /* jobs that go in one by themselves */
    struct admission admission; /* of the jobs that wait for one, but for those that wait for a row */

    TAILQ_ENTRY(db_procedure) link;
};

/* A part of the queue: one divided by so much. */
enum db_part {
    DB_PART_PROCEDURE = 4,   /* for the slow jobs of one procedure */
    DB_PART_GROUPED_ROW = 4, /* for those of the grouped lane, where a crowd may want one row */
    DB_PART_ROW = 8,         /* for others that want one row */
};

struct db_procedures {
    TAILQ_HEAD(, db_procedure) list;
    size_t connections;
    size_t queue_limit; /* how many jobs may wait in all */
    int64_t longest_wait_us;
    size_t slow_limit;
    size_t slow_under_way;
    size_t slow_jobs;
};

void db_procedures_init(struct db_procedures *procedures, size_t connections, size_t queue_limit,
                        int64_t longest_wait_us);
void db_procedures_free(struct db_procedures *procedures);

/* Finds the call's procedure, or adds it; NULL if memory is out. */
struct db_procedure *db_procedures_provide(struct db_procedures *procedures, const struct db_call *call);

/* Whether a slow trip of the procedure may start: of N connections all slow trips leave a quarter free, those of a
 * procedure that waits for locks take half, and those of any other one a quarter. Where that is less than one it is
 * one. */
bool db_slow_may_start(const struct db_procedures *procedures, const struct db_procedure *procedure);
void db_slow_started(struct db_procedures *procedures, struct db_procedure *procedure);
void db_slow_ended(struct db_procedures *procedures, struct db_procedure *procedure);

/* Whether one more job may wait for slow trips, if so many of its like, which may have that part of the queue, wait
 * already. All of them leave half of the queue to quick jobs. */
bool db_slow_has_room(const struct db_procedures *procedures, size_t jobs, enum db_part part);
void db_slow_enter(struct db_procedures *procedures, struct db_procedure *procedure, size_t jobs);
void db_slow_leave(struct db_procedures *procedures, struct db_procedure *procedure, size_t jobs);

/* Puts the procedure behind all others, so that they come first the next time. */
void db_procedures_rotate(struct db_procedures *procedures, struct db_procedure *procedure);

#endif
