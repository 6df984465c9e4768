/* A trip to the database: the jobs that one connection serves with one CALL. */
#include "db/client/trip.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/client/result_mysql.h"
#include "db/common/buffer.h"
#include "db/common/clock.h"

/* Of a list procedure's result: why it refuses the request, and after them what the procedure for one returns. */
enum { COLUMN_SQLSTATE, COLUMN_MESSAGE, COLUMNS_OF_LIST };

void db_jobs_clear(struct db_jobs *jobs) {
    *jobs = (struct db_jobs){.end = &jobs->first};
}

void db_jobs_put(struct db_jobs *jobs, struct db_job *job) {
    job->next = NULL;
    *jobs->end = job;
    jobs->end = &job->next;
    jobs->count++;
}

struct db_job *db_jobs_take(struct db_jobs *jobs) {
    struct db_job *job = jobs->first;
    jobs->first = job->next;
    if (--jobs->count == 0)
        jobs->end = &jobs->first;
    return job;
}

bool db_trip_can_list(const struct db_call *call) {
    const int64_t limit = 1000000000000000000;

    for (size_t i = 0; i < call->argument_count; i++) {
        const struct db_value *value = &call->arguments[i];
        if (value->type != DB_NULL &&
            (value->type != DB_INTEGER || value->integer <= -limit || value->integer >= limit))
            return false;
    }
    return true;
}

static void append_request(struct buffer *list, const struct db_call *call) {
    for (size_t i = 0; i < call->argument_count; i++) {
        buffer_text(list, i == 0 ? "[" : ",");
        if (call->arguments[i].type == DB_NULL)
            buffer_text(list, "null");
        else
            buffer_printf(list, "%" PRId64, call->arguments[i].integer);
    }
    buffer_text(list, "]");
}

/* What the row says of the job: the same that the procedure for one would have said by an error. */
static void refuse(struct db_job *job, const struct db_column *state, const struct db_column *message) {
    int status = state->length == 5 ? atoi(state->text + 2) : 0;

    snprintf(job->outcome.message, sizeof job->outcome.message, "%s", message->text != NULL ? message->text : "");
    job->busy = strncmp(job->outcome.message, "event_busy", strlen("event_busy")) == 0;
    job->outcome.status = status >= 400 && status <= 499 ? DB_REFUSED : DB_UNAVAILABLE;
    job->outcome.http_status = status;
}

/* Hands the rows out, one to each job, in the order of the list. */
static void receive_list(void *receiver, struct db_result *result, unsigned index) {
    struct db_trip *trip = receiver;

    if (index > 0)
        return;
    for (struct db_job *job = trip->jobs.first; job != NULL; job = job->next) {
        job->busy = false;
        job->outcome = (struct db_outcome){.status = DB_FAILED};
        if (!db_result_next(result) || db_result_columns(result) < COLUMNS_OF_LIST)
            continue;
        struct db_column state = db_result_column(result, COLUMN_SQLSTATE);
        struct db_column message = db_result_column(result, COLUMN_MESSAGE);
        if (state.type != DB_NULL) {
            refuse(job, &state, &message);
            continue;
        }
        struct db_result row = db_result_of_row(result, COLUMNS_OF_LIST);
        job->call.receive(job->call.receiver, &row, 0);
        job->outcome.status = DB_OK;
    }
}

static bool run_list(struct db_trip *trip, struct db_connection *connection) {
    struct buffer list = {0};
    struct db_outcome outcome;
    bool reached = true;

    for (struct db_job *job = trip->jobs.first; job != NULL; job = job->next) {
        buffer_text(&list, job == trip->jobs.first ? "[" : ",");
        append_request(&list, &job->call);
    }
    buffer_text(&list, "]");
    const struct db_value arguments[] = {
        {.type = DB_TEXT, .text = {list.data, list.length}},
        {.type = DB_INTEGER, .integer = trip->kind == DB_TRIP_LIST_WAITING},
    };
    const struct db_call call = {
        .procedure = trip->jobs.first->call.list_procedure,
        .arguments = arguments,
        .argument_count = sizeof arguments / sizeof arguments[0],
        .receive = receive_list,
        .receiver = trip,
    };
    if (list.failed)
        outcome = (struct db_outcome){.status = DB_UNAVAILABLE, .message = "out of memory"};
    else
        reached = db_connection_call(connection, &call, &outcome);
    buffer_free(&list);
    for (struct db_job *job = trip->jobs.first; job != NULL && outcome.status != DB_OK; job = job->next) {
        job->outcome = outcome;
        job->busy = false;
        /* One that is wrong in a way nobody thought of must not harm the others, so each is tried alone. */
        job->failed = outcome.status != DB_UNAVAILABLE;
    }
    return reached;
}

static void give_up(struct db_job *job, const char *why) {
    job->outcome = (struct db_outcome){.status = DB_UNAVAILABLE};
    snprintf(job->outcome.message, sizeof job->outcome.message, "%s", why);
}

void db_trip_run(struct db_trip *trip, struct db_connection *connection) {
    struct db_jobs all = trip->jobs, late;
    int64_t now = clock_us();

    db_jobs_clear(&trip->jobs);
    db_jobs_clear(&late);
    while (all.count > 0) {
        struct db_job *job = db_jobs_take(&all);
        job->answered_by = job;
        if (connection == NULL || now > job->give_up_at_us) {
            give_up(job, connection != NULL ? "waited too long" : "out of memory");
            db_jobs_put(&late, job);
        } else {
            db_jobs_put(&trip->jobs, job);
        }
    }

    struct db_job *first = trip->jobs.first;
    if (first != NULL && (trip->kind == DB_TRIP_LIST || trip->kind == DB_TRIP_LIST_WAITING)) {
        trip->work.undone = !run_list(trip, connection);
    } else if (first != NULL) {
        trip->work.undone = !db_connection_call(connection, &first->call, &first->outcome);
        for (struct db_job *job = first->next; job != NULL; job = job->next) {
            job->outcome = first->outcome;
            job->answered_by = first;
        }
    }
    while (late.count > 0)
        db_jobs_put(&trip->jobs, db_jobs_take(&late));
}
