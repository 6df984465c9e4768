/* Jobs for lanes, and trips taken out and brought back, without a database. */
#ifndef EVENTHUB_ERRANDS_H
#define EVENTHUB_ERRANDS_H

#include "db/client/lanes.h"

#include "tests/unit/unit.h"

enum { GROUP_LIMIT = 4, LISTED_ARGUMENTS = 2, CONNECTIONS = 8, QUEUE_LIMIT = 16 };

/* A job with arguments of its own. */
struct errand {
    struct db_value arguments[LISTED_ARGUMENTS];
    struct db_job job;
};

static inline struct errand registration(int64_t event, int64_t user) {
    struct errand errand = {
        .arguments = {{.type = DB_INTEGER, .integer = user}, {.type = DB_INTEGER, .integer = event}},
        .job =
            {
                .call = {.procedure = "book",
                         .list_procedure = "book_many",
                         .argument_count = 2,
                         .subject = 1,
                         .kind = DB_CALL_WAITING},
                .lane = DB_LANE_GROUPED,
            },
    };
    return errand;
}

static inline struct errand read_of(const char *procedure, int64_t id) {
    struct errand errand = {
        .arguments = {{.type = DB_INTEGER, .integer = id}},
        .job = {.call = {.procedure = procedure, .argument_count = 1}, .lane = DB_LANE_SHARED},
    };
    return errand;
}

/* A read that may go in a list. */
static inline struct errand listed_read_of(int64_t id) {
    struct errand errand = read_of("get", id);
    errand.job.call.list_procedure = "get_many";
    return errand;
}

static inline struct errand search_of(const char *procedure, int64_t id) {
    struct errand errand = read_of(procedure, id);
    errand.job.call.kind = DB_CALL_HEAVY;
    return errand;
}

/* A change that locks the row. */
static inline struct errand change_of(const char *procedure, int64_t row) {
    struct errand errand = read_of(procedure, row);
    errand.job.lane = DB_LANE_DIRECT;
    errand.job.call.kind = DB_CALL_WAITING;
    return errand;
}

static inline void put(struct db_lanes *lanes, struct errand *errand) {
    errand->job.call.arguments = errand->arguments;
    assert_true(db_lanes_put(lanes, &errand->job, 0));
}

static inline struct db_lanes *make_patient_lanes(int64_t longest_wait_us) {
    const struct db_lanes_options options = {.connections = CONNECTIONS,
                                             .queue_limit = QUEUE_LIMIT,
                                             .longest_wait_us = longest_wait_us,
                                             .group_limit = GROUP_LIMIT,
                                             .share_reads = true};
    struct db_lanes *lanes = db_lanes_new(&options);
    assert_non_null(lanes);
    return lanes;
}

static inline struct db_lanes *make_lanes(void) {
    return make_patient_lanes(INT64_MAX);
}

/* The next trip, which has to be of this kind and carry so many jobs. */
static inline struct db_trip *next(struct db_lanes *lanes, enum db_trip_kind kind, size_t jobs) {
    struct db_trip *trip = db_lanes_next(lanes, DB_LANES_NOW);
    assert_non_null(trip);
    assert_int_equal(trip->kind, kind);
    assert_int_equal(trip->jobs.count, jobs);
    return trip;
}

static inline void nothing_starts(struct db_lanes *lanes) {
    assert_null(db_lanes_next(lanes, DB_LANES_NOW));
}

/* Brings a trip back whose jobs all share a fate; returns how many of them are done. */
static inline size_t bring_back(struct db_lanes *lanes, struct db_trip *trip, enum db_job_fate fate,
                                struct db_jobs *done) {
    struct db_job *job;
    db_jobs_init(done);
    STAILQ_FOREACH(job, &trip->jobs.list, link) {
        job->fate = fate;
        job->outcome.status = fate == DB_JOB_DONE ? DB_OK : DB_UNAVAILABLE;
    }
    db_lanes_finish(lanes, trip, done, 0);
    return done->count;
}

static inline void finish(struct db_lanes *lanes, struct db_trip *trip, size_t jobs) {
    struct db_jobs done;
    assert_int_equal(bring_back(lanes, trip, DB_JOB_DONE, &done), jobs);
}

#endif
