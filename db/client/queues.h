/* Queues of jobs, each found by the call that its jobs have in common. */
#ifndef EVENTHUB_DB_QUEUES_H
#define EVENTHUB_DB_QUEUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "db/client/admission.h"
#include "db/client/job.h"

enum db_queue_type {
    DB_QUEUE_EQUAL, /* jobs with equal calls */
    DB_QUEUE_ROW,   /* jobs of one procedure that lock the same row */
};

TAILQ_HEAD(db_queue_list, db_queue);

/* A queue has at most one trip under way; the jobs that arrive meanwhile wait in it. */
struct db_queue {
    enum db_queue_type type;
    const struct db_call *key; /* the call of a job that waits or is under way; says which jobs the queue is for */
    struct db_jobs waiting;
    bool under_way;

    /* For the lanes. */
    struct db_procedure *procedure;
    bool is_slow;                 /* its trips may take long */
    struct admission admission;   /* of its jobs, if they are for one row */
    size_t carried;               /* jobs on its trip */
    int64_t since_us;             /* when that trip was made */
    struct db_queue_list *listed; /* the list that it is in; NULL: none */
    TAILQ_ENTRY(db_queue) link;
};

/* All queues: a tree of tsearch(3). Zero-initialised. */
struct db_queues {
    void *tree;
};

/* The queue for such calls; NULL if there is none. */
struct db_queue *db_queues_find(const struct db_queues *queues, enum db_queue_type type, const struct db_call *call);

/* Makes the queue, which must not exist yet; NULL if memory is out. */
struct db_queue *db_queues_add(struct db_queues *queues, enum db_queue_type type, const struct db_call *call);

/* Frees a queue, which is empty. */
void db_queues_drop(struct db_queues *queues, struct db_queue *queue);

#endif
