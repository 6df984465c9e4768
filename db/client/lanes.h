/* Lanes decide which jobs wait for each other and travel together. They start nothing: whoever has the threads asks for
 * the next trip, and brings it back. */
#ifndef EVENTHUB_DB_LANES_H
#define EVENTHUB_DB_LANES_H

#include <stdbool.h>
#include <stddef.h>

#include "db/client/job.h"

/* To be used by one thread. */
struct db_lanes;

struct db_lanes_options {
    size_t group_limit; /* how many jobs of DB_LANE_GROUPED may go in one trip; 1 switches the lane off */
    bool share_reads;   /* false switches DB_LANE_SHARED off */
};

/* Which trips may start. */
enum db_lanes_when {
    DB_LANES_AT_ONCE, /* those that gain nothing by waiting: of a job that goes alone, and of a group that is full */
    DB_LANES_NOW,     /* all: what has arrived by now is there */
};

/* NULL if memory is out. */
struct db_lanes *db_lanes_new(const struct db_lanes_options *options);

/* Every job has to have left before. */
void db_lanes_free(struct db_lanes *lanes);

/* Takes a job in, which then waits to be a part of a trip. False if memory is out. */
bool db_lanes_put(struct db_lanes *lanes, struct db_job *job);

/* The trip that is to start next; NULL if there is none. It counts as under way until db_lanes_finish. */
struct db_trip *db_lanes_next(struct db_lanes *lanes, enum db_lanes_when when);

/* Takes the jobs of a trip back. Those that are done are put into `done`; the others wait for another trip. */
void db_lanes_finish(struct db_lanes *lanes, struct db_trip *trip, struct db_jobs *done);

#endif
