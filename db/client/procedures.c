/* What waits and is under way of each procedure, and how the connections are shared out among them. */
#include "db/client/procedures.h"

#include <stdlib.h>
#include <string.h>

static size_t at_least_one(size_t number) {
    return number > 0 ? number : 1;
}

void db_procedures_init(struct db_procedures *procedures, size_t connections, size_t queue_limit,
                        int64_t longest_wait_us) {
    *procedures = (struct db_procedures){
        .connections = connections, .queue_limit = queue_limit, .longest_wait_us = longest_wait_us};
    procedures->slow_limit = at_least_one(connections - at_least_one(connections / 4));
    TAILQ_INIT(&procedures->list);
}

void db_procedures_free(struct db_procedures *procedures) {
    struct db_procedure *procedure;

    while ((procedure = TAILQ_FIRST(&procedures->list)) != NULL) {
        TAILQ_REMOVE(&procedures->list, procedure, link);
        free(procedure);
    }
}

struct db_procedure *db_procedures_provide(struct db_procedures *procedures, const struct db_call *call) {
    size_t share = procedures->connections / (call->kind == DB_CALL_WAITING ? 2 : 4);
    struct db_procedure *procedure;

    TAILQ_FOREACH(procedure, &procedures->list, link) {
        if (strcmp(procedure->name, call->procedure) == 0)
            return procedure;
    }
    procedure = calloc(1, sizeof *procedure);
    if (procedure == NULL)
        return NULL;
    procedure->name = call->procedure;
    procedure->slow_limit = at_least_one(share);
    procedure->quick_limit = at_least_one(procedures->connections / 2);
    admission_init(&procedure->admission, procedures->longest_wait_us, procedure->slow_limit);
    db_jobs_init(&procedure->common);
    db_jobs_init(&procedure->alone);
    TAILQ_INIT(&procedure->reads);
    TAILQ_INIT(&procedure->slow);
    TAILQ_INIT(&procedure->ready);
    TAILQ_INSERT_TAIL(&procedures->list, procedure, link);
    return procedure;
}

bool db_slow_may_start(const struct db_procedures *procedures, const struct db_procedure *procedure) {
    return procedures->slow_under_way < procedures->slow_limit && procedure->slow_under_way < procedure->slow_limit;
}

void db_slow_started(struct db_procedures *procedures, struct db_procedure *procedure) {
    procedures->slow_under_way++;
    procedure->slow_under_way++;
}

void db_slow_ended(struct db_procedures *procedures, struct db_procedure *procedure) {
    procedures->slow_under_way--;
    procedure->slow_under_way--;
}

bool db_slow_has_room(const struct db_procedures *procedures, size_t jobs, enum db_part part) {
    return procedures->slow_jobs <= procedures->queue_limit / 2 && jobs <= procedures->queue_limit / part;
}

void db_slow_enter(struct db_procedures *procedures, struct db_procedure *procedure, size_t jobs) {
    procedures->slow_jobs += jobs;
    procedure->slow_jobs += jobs;
}

void db_slow_leave(struct db_procedures *procedures, struct db_procedure *procedure, size_t jobs) {
    procedures->slow_jobs -= jobs;
    procedure->slow_jobs -= jobs;
}

void db_procedures_rotate(struct db_procedures *procedures, struct db_procedure *procedure) {
    TAILQ_REMOVE(&procedures->list, procedure, link);
    TAILQ_INSERT_TAIL(&procedures->list, procedure, link);
}
