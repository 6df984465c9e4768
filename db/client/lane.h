/* Lanes: which calls travel to the database together. */
#ifndef EVENTHUB_DB_LANE_H
#define EVENTHUB_DB_LANE_H

/* A lane that is switched off is DB_LANE_DIRECT. */
enum db_lane {
    DB_LANE_DIRECT, /* one CALL for each job */
    /* Request coalescing: jobs with equal calls that wait at the same moment are answered by one CALL. It begins after
     * all of them have arrived, so each sees whatever was committed before it was asked. For calls that change nothing.
     */
    DB_LANE_SHARED,
    /* Group commit: jobs that arrive while earlier ones are being committed go together, in arrival order, in one CALL
     * of the list procedure and one transaction. Each has an outcome of its own. With nothing under way a job goes at
     * once and alone. */
    DB_LANE_GROUPED,
};

#endif
