/* Lanes decide which jobs wait for each other and travel together. They start nothing: the pool asks for the next trip,
 * starts it, and gives it back when it has ended. */
#ifndef EVENTHUB_DB_LANES_H
#define EVENTHUB_DB_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/client/job.h"

/* To be used by one thread. */
struct db_lanes;

/* Which trips may start. */
enum db_lanes_when {
    DB_LANES_AT_ONCE, /* those that gain nothing by waiting: a quick job that goes alone, and a group that is full */
    DB_LANES_NOW,     /* all trips: what has arrived by now is in the queues */
};

/* NULL if memory is out. */
struct db_lanes *db_lanes_new(const struct db_lanes_options *options);

/* No job may be left in the lanes or on a trip. */
void db_lanes_free(struct db_lanes *lanes);

/* Takes a job, which then waits for its trip; `now` is of clock_us. False if too many wait for the same, or if memory
 * is out. */
bool db_lanes_put(struct db_lanes *lanes, struct db_job *job, int64_t now);

/* The trip to start next; NULL if there is none. It is under way until db_lanes_finish. */
struct db_trip *db_lanes_next(struct db_lanes *lanes, enum db_lanes_when when);

/* Takes back a trip that has ended: the jobs that are done are put into `done`, the others wait for another trip. Of
 * jobs with equal calls the one whose rows answer the others is put last. */
void db_lanes_finish(struct db_lanes *lanes, struct db_trip *trip, struct db_jobs *done, int64_t now);

/* Whether a job of the lane that waits for a connection only would be taken now. */
bool db_lanes_are_open(const struct db_lanes *lanes, enum db_lane lane, int64_t now);

/* How many of the jobs wait for trips that may take long, or are on one. */
size_t db_lanes_slow(const struct db_lanes *lanes);

#endif
