/* Making a trip: the CALL that serves its jobs, and the outcome of each. */
#include "db/client/trip.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "db/client/errors.h"
#include "db/client/result_mysql.h"
#include "db/common/buffer.h"
#include "db/common/clock.h"
#include "db/common/log.h"

/* The first columns of a list procedure's rows, which say why it refuses a call. Those that the procedure for one call
 * returns follow. */
enum { COLUMN_SQLSTATE, COLUMN_MESSAGE, COLUMNS_OF_LIST };

/* The SQLSTATE by which a list procedure says that nothing was done for a call, because something that it needs was not
 * to be had at the moment. Where the procedure was not to wait for locks, that was a lock. */
static const char not_now[] = "45503";

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

/* Fills the outcome from a row that refuses the call, as if the procedure for one call had raised the error. */
static void refuse(enum db_trip_kind kind, struct db_job *job, const struct db_column *state,
                   const struct db_column *message) {
    struct db_outcome *outcome = &job->outcome;

    snprintf(outcome->sqlstate, sizeof outcome->sqlstate, "%s", state->text);
    snprintf(outcome->message, sizeof outcome->message, "%s", message->text != NULL ? message->text : "");
    outcome->status = db_error_sort(0, outcome->sqlstate) == DB_ERROR_REFUSAL ? DB_REFUSED : DB_UNAVAILABLE;
    job->fate = kind == DB_TRIP_LIST && strcmp(outcome->sqlstate, not_now) == 0 ? DB_JOB_LOCKED : DB_JOB_DONE;
}

/* Gives each job its row, in the order of the list. */
static void receive_list(void *receiver, struct db_result *result, unsigned index) {
    struct db_trip *trip = receiver;
    struct db_job *job;

    if (index > 0)
        return;
    STAILQ_FOREACH(job, &trip->jobs.list, link) {
        job->fate = DB_JOB_DONE;
        job->outcome = (struct db_outcome){.status = DB_FAILED};
        if (!db_result_next(result) || db_result_columns(result) < COLUMNS_OF_LIST)
            continue;
        struct db_column state = db_result_column(result, COLUMN_SQLSTATE);
        struct db_column message = db_result_column(result, COLUMN_MESSAGE);
        if (state.type != DB_NULL) {
            refuse(trip->kind, job, &state, &message);
            continue;
        }
        struct db_result row = db_result_of_row(result, COLUMNS_OF_LIST);
        job->call.receive(job->call.receiver, &row, 0);
        job->outcome.status = DB_OK;
    }
}

/* Writes the calls of the jobs as a JSON array with an array of arguments for each. */
static void write_list(struct buffer *list, const struct db_trip *trip) {
    const struct db_job *job;
    const char *separator = "[";

    STAILQ_FOREACH(job, &trip->jobs.list, link) {
        buffer_text(list, separator);
        append_request(list, &job->call);
        separator = ",";
    }
    buffer_text(list, "]");
}

static void log_missing_rows(const struct db_trip *trip, const char *procedure) {
    const struct db_job *job;

    STAILQ_FOREACH(job, &trip->jobs.list, link) {
        if (job->outcome.status == DB_FAILED) {
            log_error("%s did not return a row for each call", procedure);
            return;
        }
    }
}

static bool run_list(struct db_trip *trip, struct db_connection *connection) {
    struct buffer list = {0};
    struct db_outcome outcome = {.status = DB_UNAVAILABLE, .message = "out of memory"};
    struct db_job *job;
    bool reached = true;

    write_list(&list, trip);
    const struct db_value arguments[] = {
        {.type = DB_TEXT, .text = {list.data, list.length}},
        {.type = DB_INTEGER, .integer = trip->kind == DB_TRIP_LIST_WAITING},
    };
    const struct db_call call = {
        .procedure = db_jobs_first(&trip->jobs)->call.list_procedure,
        .arguments = arguments,
        .argument_count = sizeof arguments / sizeof arguments[0],
        .receive = receive_list,
        .receiver = trip,
    };
    if (!list.failed)
        reached = db_connection_call(connection, &call, &outcome);
    buffer_free(&list);
    if (outcome.status == DB_OK) {
        log_missing_rows(trip, call.procedure);
        return reached;
    }
    STAILQ_FOREACH(job, &trip->jobs.list, link) {
        job->outcome = outcome;
        job->fate = outcome.status == DB_UNAVAILABLE ? DB_JOB_DONE : DB_JOB_FAILED;
    }
    return reached;
}

/* Makes the call of the first job, whose outcome all jobs get. */
static bool run_first(struct db_trip *trip, struct db_connection *connection) {
    struct db_job *first = db_jobs_first(&trip->jobs), *job;
    bool reached = db_connection_call(connection, &first->call, &first->outcome);

    STAILQ_FOREACH(job, &trip->jobs.list, link) {
        if (job != first)
            job->outcome = first->outcome;
        job->answered_by = first;
        job->is_shared = trip->jobs.count > 1;
    }
    return reached;
}

static void give_up(struct db_job *job, const char *why) {
    job->outcome = (struct db_outcome){.status = DB_UNAVAILABLE};
    snprintf(job->outcome.message, sizeof job->outcome.message, "%s", why);
}

static void begin_job(struct db_job *job) {
    job->outcome = (struct db_outcome){.status = DB_FAILED};
    job->fate = DB_JOB_DONE;
    job->answered_by = job;
    job->is_shared = false;
}

/* Moves those jobs of the trip to `left` that have waited too long, or all of them if there is no connection. */
static void leave_behind(struct db_trip *trip, const struct db_connection *connection, struct db_jobs *left) {
    int64_t now = clock_us();

    for (size_t count = trip->jobs.count; count > 0; count--) {
        struct db_job *job = db_jobs_take(&trip->jobs);
        begin_job(job);
        if (connection != NULL && now <= job->give_up_at_us) {
            db_jobs_put(&trip->jobs, job);
            continue;
        }
        give_up(job, connection != NULL ? "waited too long" : "out of memory");
        db_jobs_put(left, job);
    }
}

bool db_trip_run(struct db_trip *trip, struct db_connection *connection) {
    struct db_jobs left;
    bool reached = true;

    db_jobs_init(&left);
    leave_behind(trip, connection, &left);
    if (trip->jobs.count > 0) {
        bool is_list = trip->kind == DB_TRIP_LIST || trip->kind == DB_TRIP_LIST_WAITING;
        reached = is_list ? run_list(trip, connection) : run_first(trip, connection);
    }
    while (left.count > 0)
        db_jobs_put(&trip->jobs, db_jobs_take(&left));
    return reached;
}

void db_trip_abandon(struct db_trip *trip, const char *why) {
    struct db_job *job;

    STAILQ_FOREACH(job, &trip->jobs.list, link) {
        begin_job(job);
        give_up(job, why);
    }
}
