/* Making a trip: the CALL that serves its jobs, and the outcome of each. */
#ifndef EVENTHUB_DB_TRIP_H
#define EVENTHUB_DB_TRIP_H

#include <stdbool.h>

#include "db/client/connection.h"
#include "db/client/job.h"

/* Makes the call, or tries to, and fills the outcome and the fate of every job. On a thread of the pool; `connection`
 * is NULL where memory was out when it was to be made. False: there is no connection to be had, and nothing was done.
 */
bool db_trip_run(struct db_trip *trip, struct db_connection *connection);

/* Ends a trip that cannot be made: its jobs are DB_UNAVAILABLE, for the reason that the log is to name. */
void db_trip_abandon(struct db_trip *trip, const char *why);

#endif
