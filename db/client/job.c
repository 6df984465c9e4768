/* Jobs and trips: a job is a call that somebody waits for; a trip is one CALL that carries one or more jobs to the
 * database. */
#include "db/client/job.h"

void db_jobs_init(struct db_jobs *jobs) {
    STAILQ_INIT(&jobs->list);
    jobs->count = 0;
}

void db_jobs_put(struct db_jobs *jobs, struct db_job *job) {
    STAILQ_INSERT_TAIL(&jobs->list, job, link);
    jobs->count++;
}

struct db_job *db_jobs_take(struct db_jobs *jobs) {
    struct db_job *job = STAILQ_FIRST(&jobs->list);
    STAILQ_REMOVE_HEAD(&jobs->list, link);
    jobs->count--;
    return job;
}

struct db_job *db_jobs_first(const struct db_jobs *jobs) {
    return STAILQ_FIRST(&jobs->list);
}
