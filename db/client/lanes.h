/* Lanes: which jobs wait for each other, and which then travel together. */
#ifndef EVENTHUB_DB_LANES_H
#define EVENTHUB_DB_LANES_H

#include "db/client/trip.h"

/* Used by one thread, that of db_pool_submit and db_pool_finish. */
struct db_lanes;

struct db_lanes *db_lanes_new(struct db_pool *pool, const struct db_pool_options *options);
void db_lanes_free(struct db_lanes *lanes);

/* Starts a trip for the job, or has it wait for one. False if memory or the threads are gone. */
bool db_lanes_submit(struct db_lanes *lanes, struct db_job *job);

/* Starts the trips that jobs wait for, as far as none of their lane is under way. Leaves in `done` those that cannot go
 * any more, because the threads have ended. */
void db_lanes_start(struct db_lanes *lanes, struct db_jobs *done);

/* Takes the trip's jobs back, and leaves in `done` those that have their outcome; others wait for db_lanes_start. */
void db_lanes_finish(struct db_lanes *lanes, struct db_trip *trip, struct db_jobs *done);

#endif
