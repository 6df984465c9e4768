/* Admission control by time: estimates from what was served lately how long a new job would have to wait. */
#ifndef EVENTHUB_DB_ADMISSION_H
#define EVENTHUB_DB_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Counts the jobs that wait for each other. Jobs of different speed need an admission for each kind: one estimate for
 * both would be too long for the fast ones and too short for the slow ones. A job that waits for something else, such
 * as a locked row, is not to be counted. All times are clock_us. */
struct admission {
    int64_t longest_us; /* a job that would wait longer is not taken */
    size_t places;      /* how many jobs are worked on at once; if there are more, jobs wait */
    size_t under_way;   /* jobs that have entered and not left */

    /* How many jobs were served, and in how long a time, since jobs began to wait; both are halved again and again, so
     * that what is longer ago counts less. What was served while none waited does not say how many could be: a client
     * alone gets one answer at a time. */
    size_t served;
    int64_t known_us;     /* that time up to slot_us */
    int64_t slot_us;      /* when they were last halved */
    int64_t served_at_us; /* when a job was last served, or jobs began to wait */
    bool standstill;      /* jobs were given up, and none has been served since */
};

/* `longest_us` is the longest wait to be accepted, and `places` how many jobs are worked on at once. */
void admission_init(struct admission *admission, int64_t longest_us, size_t places);

/* A job begins to wait. */
void admission_enter(struct admission *admission, int64_t now);

/* A job waits no more. `served`: the database has answered, whatever it said; false: the job was given up. */
void admission_leave(struct admission *admission, int64_t now, bool served);

/* How long a job that enters now would wait, in microseconds. 0 if that is not known yet, because jobs have begun to
 * wait just now. */
int64_t admission_wait(const struct admission *admission, int64_t now);

/* Whether a job that enters now would be served in time. */
bool admission_is_open(const struct admission *admission, int64_t now);

#endif
