/* Jobs and trips: a job is a call that somebody waits for; a trip is one CALL that carries one or more jobs to the
 * database. */
#include "db/client/job.h"

void db_job_give_up(struct db_job *job) {
    job->give_up_at_us = 0;
}

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

void db_jobs_move(struct db_jobs *from, struct db_jobs *to) {
    STAILQ_CONCAT(&to->list, &from->list);
    to->count += from->count;
    from->count = 0;
}

bool db_call_fits_list(const struct db_call *call) {
    const int64_t limit = 1000000000000000000;

    for (size_t i = 0; i < call->argument_count; i++) {
        const struct db_value *value = &call->arguments[i];
        if (value->type != DB_NULL &&
            (value->type != DB_INTEGER || value->integer <= -limit || value->integer >= limit))
            return false;
    }
    return true;
}
