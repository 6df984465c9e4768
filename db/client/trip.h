/* A trip to the database: the jobs that one connection serves with one CALL. */
#ifndef EVENTHUB_DB_TRIP_H
#define EVENTHUB_DB_TRIP_H

#include "db/client/pool.h"

void db_jobs_clear(struct db_jobs *jobs);
void db_jobs_put(struct db_jobs *jobs, struct db_job *job);
struct db_job *db_jobs_take(struct db_jobs *jobs);

/* Whether a call can stand in a list: its arguments are whole numbers of at most 18 digits, or NULL. */
bool db_trip_can_list(const struct db_call *call);

/* Hands a trip that has a kind and jobs to the threads; false if they have ended. */
bool db_trip_start(struct db_trip *trip);

/* Makes the call, or tries to, and fills the outcome of every job. On a thread of the pool; NULL is no connection. */
void db_trip_run(struct db_trip *trip, struct db_connection *connection);

#endif
