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

/* The column of its further results that says whose row it is. */
enum { COLUMNS_OF_PART = 1 };

/* The SQLSTATE by which a list procedure says that nothing was done for a call, because something that it needs was not
 * to be had at the moment, or because it would have held up the others. */
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
    job->fate = kind == DB_TRIP_LIST && strcmp(outcome->sqlstate, not_now) == 0 ? DB_JOB_NOT_NOW : DB_JOB_DONE;
}

/* Whether the job's call is in the list: of equal calls only the first one is. */
static bool is_listed(const struct db_job *job) {
    return job->answered_by == job;
}

/* Gives the job its row of the first result. */
static void receive_row(const struct db_trip *trip, struct db_job *job, struct db_result *result) {
    job->fate = DB_JOB_DONE;
    job->outcome = (struct db_outcome){.status = DB_FAILED};
    if (!db_result_next(result) || db_result_columns(result) < COLUMNS_OF_LIST)
        return;
    struct db_column state = db_result_column(result, COLUMN_SQLSTATE);
    struct db_column message = db_result_column(result, COLUMN_MESSAGE);
    if (state.type != DB_NULL) {
        refuse(trip->kind, job, &state, &message);
        return;
    }
    struct db_result row = db_result_of_row(result, COLUMNS_OF_LIST);
    job->call.receive(job->call.receiver, &row, 0);
    job->outcome.status = DB_OK;
}

/* Gives each job its rows, in the order of the list. */
static void receive_list(void *receiver, struct db_result *result, unsigned index) {
    struct db_trip *trip = receiver;
    struct db_job *job;
    long number = 0;

    STAILQ_FOREACH(job, &trip->jobs.list, link) {
        if (!is_listed(job))
            continue;
        number++;
        if (index == 0) {
            receive_row(trip, job, result);
        } else if (job->outcome.status == DB_OK) {
            struct db_result part = db_result_of_part(result, number, COLUMNS_OF_PART);
            job->call.receive(job->call.receiver, &part, index);
        }
    }
}

/* Writes the calls of the jobs as a JSON array with an array of arguments for each. */
static void write_list(struct buffer *list, const struct db_trip *trip) {
    const struct db_job *job;
    const char *separator = "[";

    STAILQ_FOREACH(job, &trip->jobs.list, link) {
        if (!is_listed(job))
            continue;
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

/* Jobs whose call is not the first of its kind get what that one got. */
static void copy_outcomes(struct db_trip *trip) {
    struct db_job *job;

    STAILQ_FOREACH(job, &trip->jobs.list, link) {
        struct db_job *first = job->answered_by;
        if (first == job)
            continue;
        job->outcome = first->outcome;
        job->fate = first->fate;
        job->is_shared = first->is_shared = true;
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
    const struct db_call *first = &db_jobs_first(&trip->jobs)->call;
    const struct db_call call = {
        .procedure = first->list_procedure,
        .arguments = arguments,
        .argument_count = first->kind == DB_CALL_WAITING ? 2 : 1,
        .repeatable = first->repeatable,
        .receive = receive_list,
        .receiver = trip,
    };
    if (!list.failed)
        reached = db_connection_call(connection, &call, &outcome);
    buffer_free(&list);
    if (outcome.status == DB_OK) {
        log_missing_rows(trip, call.procedure);
        copy_outcomes(trip);
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
    struct db_job *first = db_jobs_first(&trip->jobs);
    bool reached = db_connection_call(connection, &first->call, &first->outcome);

    copy_outcomes(trip);
    return reached;
}

static void give_up(struct db_job *job, const char *why) {
    job->answered_by = job;
    job->outcome = (struct db_outcome){.status = DB_UNAVAILABLE};
    snprintf(job->outcome.message, sizeof job->outcome.message, "%s", why);
}

static void begin_job(struct db_job *job) {
    job->outcome = (struct db_outcome){.status = DB_FAILED};
    job->fate = DB_JOB_DONE;
    job->is_shared = false;
}

/* Moves those jobs of the trip to `left` that have waited too long, or all of them if there is no connection. */
static void leave_behind(struct db_trip *trip, const struct db_connection *connection, struct db_jobs *left) {
    int64_t now = clock_us();
    /* Of equal calls, the one whose rows were to answer the others, and the one whose rows do, as that one may be left
     * behind. */
    const struct db_job *meant = NULL;
    struct db_job *first = NULL;

    for (size_t count = trip->jobs.count; count > 0; count--) {
        struct db_job *job = db_jobs_take(&trip->jobs);
        begin_job(job);
        if (connection != NULL && now <= job->give_up_at_us) {
            if (job->answered_by != meant) {
                meant = job->answered_by;
                first = job;
            }
            job->answered_by = first;
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
    db_jobs_move(&left, &trip->jobs);
    return reached;
}

void db_trip_abandon(struct db_trip *trip, const char *why) {
    struct db_job *job;

    STAILQ_FOREACH(job, &trip->jobs.list, link) {
        begin_job(job);
        give_up(job, why);
    }
}
