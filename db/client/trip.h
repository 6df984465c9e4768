/* Making a trip: the CALL that serves its jobs, and the outcome of each. */
#ifndef EVENTHUB_DB_TRIP_H
#define EVENTHUB_DB_TRIP_H

#include <stdbool.h>

#include "db/client/connection.h"
#include "db/client/job.h"

/* Makes the CALL and fills the outcome and the fate of every job. To be called on a thread of the pool; `connection` is
 * NULL if there was no memory for it. False: no connection can be had and nothing was done, so the trip may be run
 * again. */
bool db_trip_run(struct db_trip *trip, struct db_connection *connection);

/* Ends a trip that cannot be made: its jobs are DB_UNAVAILABLE, with `why` as their message. */
void db_trip_abandon(struct db_trip *trip, const char *why);

#endif
