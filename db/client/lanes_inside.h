/* The inside of the lanes, for the files that make them up. */
#ifndef EVENTHUB_DB_LANES_INSIDE_H
#define EVENTHUB_DB_LANES_INSIDE_H

#include "db/client/admission.h"
#include "db/client/lane.h"
#include "db/client/procedures.h"
#include "db/client/queues.h"

struct db_lanes {
    struct db_lanes_options options;
    int64_t now_us;                   /* when a job last came or a trip last ended */
    struct admission quick[DB_LANES]; /* of the jobs that wait for a connection only, by their lanes */
    struct db_jobs alone;             /* quick jobs that wait for no other job */
    struct db_queue_list full;        /* queues for one row that can start a trip with as many jobs as fit */
    struct db_queue_list ready;       /* other queues for one row that can start a trip, held by nobody so far */
    struct db_queues queues;
    struct db_procedures procedures;
};

/* Whether calls of the procedure go in lists, and this one fits into one. */
bool lanes_goes_in_lists(const struct db_lanes *lanes, const struct db_call *call);

/* Moves the queue to the list that it belongs to, if any. */
void lanes_list_queue(struct db_lanes *lanes, struct db_queue *queue);

/* Frees a queue in which no job waits, and which has no trip under way. */
void lanes_drop_queue(struct db_lanes *lanes, struct db_queue *queue);

#endif
