/* A call's lane says with which other calls it travels to the database; and what can be set about lanes. */
#ifndef EVENTHUB_DB_LANE_H
#define EVENTHUB_DB_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* If a lane is switched off, its calls travel like those of DB_LANE_DIRECT. */
enum db_lane {
    DB_LANE_DIRECT, /* one CALL for each job */
    /* Request coalescing (single-flight): jobs with equal calls that wait at the same moment are answered by one CALL.
     * It begins after all of them have arrived, so each sees everything that was committed before it was asked. Only
     * for calls that change nothing. If the procedure has a list procedure, jobs with different calls go together as
     * well: while one list is under way, the next one fills. */
    DB_LANE_SHARED,
    /* Group commit: jobs that arrive while earlier ones are being committed go together, in the order of arrival, in
     * one CALL of the list procedure and one transaction. Each has its own outcome. If nothing is under way, a job goes
     * at once and alone. */
    DB_LANE_GROUPED,
};

enum { DB_LANES = DB_LANE_GROUPED + 1 };

struct db_lanes_options {
    size_t connections;      /* how many trips can be made at the same time, at least 1 */
    size_t queue_limit;      /* how many jobs the pool takes; those that wait for slow trips are a part of them */
    int64_t longest_wait_us; /* a job that would wait longer is not taken */
    size_t group_limit;      /* how many calls may go in one list; 1: none goes in a list */
    bool share_reads;        /* false switches DB_LANE_SHARED off */
};

#endif
