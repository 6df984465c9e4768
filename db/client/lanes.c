/* Lanes decide which jobs wait for each other and travel together.
 *
 * A queue has at most one trip under way; the jobs that arrive meanwhile wait in it and make up the next trip.
 *
 * Shared lane: jobs with equal calls are in one queue, which exists as long as one of them waits or is under way.
 *
 * Grouped lane: each list procedure has a common queue, whose trips never wait for locks: jobs whose rows are locked by
 * somebody else come back. These go to a queue for just those rows, whose trips do wait. So whoever holds a lock only
 * holds up the jobs that need it. A job that finds nothing under way does not wait for others: it goes in such a queue
 * of its own. */
#include "db/client/lanes.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct db_queue {
    enum db_lane lane;
    bool is_common;            /* in the grouped lane: takes jobs for any rows; others are for the same rows each */
    const struct db_call *key; /* the call of a job that waits or is under way; says which jobs the queue is for */
    struct db_jobs waiting;
    bool under_way;
    struct queue_list *listed; /* the one of the lists below that it is in; NULL: none */
    TAILQ_ENTRY(db_queue) link;
};

TAILQ_HEAD(queue_list, db_queue);

struct db_lanes {
    struct db_lanes_options options;
    struct db_jobs alone;    /* jobs that wait for no other job */
    struct queue_list full;  /* queues that can start a trip with as many jobs as fit */
    struct queue_list ready; /* other queues that can start a trip */
    size_t groups;           /* how many queues the grouped lane has */
    void *queues;            /* all queues, as a tree of tsearch(3) */
};

struct db_lanes *db_lanes_new(const struct db_lanes_options *options) {
    struct db_lanes *lanes = calloc(1, sizeof *lanes);
    if (lanes == NULL)
        return NULL;
    lanes->options = *options;
    db_jobs_init(&lanes->alone);
    TAILQ_INIT(&lanes->full);
    TAILQ_INIT(&lanes->ready);
    return lanes;
}

void db_lanes_free(struct db_lanes *lanes) {
    /* Each queue is freed when its last job leaves. */
    free(lanes);
}

static int compare_numbers(int64_t a, int64_t b) {
    return (a > b) - (a < b);
}

static int compare_values(const struct db_value *a, const struct db_value *b) {
    if (a->type != b->type)
        return compare_numbers(a->type, b->type);
    switch (a->type) {
    case DB_NULL:
        return 0;
    case DB_INTEGER:
    case DB_BOOLEAN:
        return compare_numbers(a->integer, b->integer);
    case DB_DATETIME:
        return compare_numbers(a->seconds, b->seconds);
    case DB_TEXT:
        if (a->text.length != b->text.length)
            return a->text.length < b->text.length ? -1 : 1;
        return memcmp(a->text.bytes, b->text.bytes, a->text.length);
    }
    return 0;
}

/* The argument that names what the call locks. */
static const struct db_value *subject(const struct db_call *call) {
    return &call->arguments[call->subject];
}

static int compare_queues(const void *left, const void *right) {
    const struct db_queue *a = left, *b = right;

    int order = compare_numbers(a->lane, b->lane);
    if (order == 0)
        order = strcmp(a->key->procedure, b->key->procedure);
    if (order != 0)
        return order;
    if (a->lane == DB_LANE_GROUPED) {
        if (a->is_common || b->is_common)
            return compare_numbers(a->is_common, b->is_common);
        return compare_values(subject(a->key), subject(b->key));
    }
    order = compare_numbers((int64_t)a->key->argument_count, (int64_t)b->key->argument_count);
    for (size_t i = 0; order == 0 && i < a->key->argument_count; i++)
        order = compare_values(&a->key->arguments[i], &b->key->arguments[i]);
    return order;
}

static struct db_queue *find_queue(const struct db_lanes *lanes, const struct db_job *job, bool is_common) {
    const struct db_queue wanted = {.lane = job->lane, .is_common = is_common, .key = &job->call};
    struct db_queue *const *found = tfind(&wanted, &lanes->queues, compare_queues);
    return found != NULL ? *found : NULL;
}

/* Finds the queue for the job, or makes it; NULL if memory is out. */
static struct db_queue *provide_queue(struct db_lanes *lanes, const struct db_job *job, bool is_common) {
    struct db_queue *queue = find_queue(lanes, job, is_common);
    if (queue != NULL)
        return queue;
    queue = calloc(1, sizeof *queue);
    if (queue == NULL)
        return NULL;
    queue->lane = job->lane;
    queue->is_common = is_common;
    queue->key = &job->call;
    db_jobs_init(&queue->waiting);
    if (tsearch(queue, &lanes->queues, compare_queues) == NULL) {
        free(queue);
        return NULL;
    }
    if (queue->lane == DB_LANE_GROUPED)
        lanes->groups++;
    return queue;
}

static void drop_queue(struct db_lanes *lanes, struct db_queue *queue) {
    if (queue->lane == DB_LANE_GROUPED)
        lanes->groups--;
    tdelete(queue, &lanes->queues, compare_queues);
    free(queue);
}

/* Chooses the queue that the job waits in; NULL if memory is out. */
static struct db_queue *choose_queue(struct db_lanes *lanes, const struct db_job *job) {
    if (job->lane == DB_LANE_SHARED)
        return provide_queue(lanes, job, false);
    struct db_queue *queue = find_queue(lanes, job, false);
    return queue != NULL ? queue : provide_queue(lanes, job, lanes->groups > 0);
}

/* Moves the queue to the list that it belongs to, if any. */
static void list_queue(struct db_lanes *lanes, struct db_queue *queue) {
    struct queue_list *list = &lanes->ready;

    if (queue->under_way || queue->waiting.count == 0)
        list = NULL;
    else if (queue->lane == DB_LANE_GROUPED && queue->waiting.count >= lanes->options.group_limit)
        list = &lanes->full;
    if (list == queue->listed)
        return;
    if (queue->listed != NULL)
        TAILQ_REMOVE(queue->listed, queue, link);
    if (list != NULL)
        TAILQ_INSERT_TAIL(list, queue, link);
    queue->listed = list;
}

static bool wait_in(struct db_lanes *lanes, struct db_queue *queue, struct db_job *job) {
    if (queue == NULL)
        return false;
    db_jobs_put(&queue->waiting, job);
    list_queue(lanes, queue);
    return true;
}

/* Whether a list procedure can be given the call: all arguments are whole numbers of at most 18 digits, or NULL. */
static bool fits_into_list(const struct db_call *call) {
    const int64_t limit = 1000000000000000000;

    for (size_t i = 0; i < call->argument_count; i++) {
        const struct db_value *value = &call->arguments[i];
        if (value->type != DB_NULL &&
            (value->type != DB_INTEGER || value->integer <= -limit || value->integer >= limit))
            return false;
    }
    return true;
}

bool db_lanes_put(struct db_lanes *lanes, struct db_job *job) {
    bool is_grouped = job->lane == DB_LANE_GROUPED && lanes->options.group_limit > 1 && fits_into_list(&job->call);
    bool is_shared = job->lane == DB_LANE_SHARED && lanes->options.share_reads;

    if (is_grouped || is_shared)
        return wait_in(lanes, choose_queue(lanes, job), job);
    db_jobs_put(&lanes->alone, job);
    return true;
}

static struct db_trip *make_trip(struct db_queue *queue, struct db_job *first) {
    struct db_trip *trip = &first->trip;

    *trip = (struct db_trip){.queue = queue};
    db_jobs_init(&trip->jobs);
    db_jobs_put(&trip->jobs, first);
    return trip;
}

/* Makes a trip from the queue, in which at least one job waits. */
static struct db_trip *make_trip_of_queue(struct db_lanes *lanes, struct db_queue *queue) {
    size_t limit = queue->lane == DB_LANE_SHARED ? SIZE_MAX : lanes->options.group_limit;
    struct db_trip *trip = make_trip(queue, db_jobs_take(&queue->waiting));

    while (queue->waiting.count > 0 && trip->jobs.count < limit)
        db_jobs_put(&trip->jobs, db_jobs_take(&queue->waiting));
    if (queue->lane == DB_LANE_SHARED)
        trip->kind = DB_TRIP_SHARED;
    else if (queue->is_common)
        trip->kind = DB_TRIP_LIST;
    else
        trip->kind = trip->jobs.count > 1 ? DB_TRIP_LIST_WAITING : DB_TRIP_ALONE;
    queue->key = &db_jobs_first(&trip->jobs)->call;
    queue->under_way = true;
    list_queue(lanes, queue);
    return trip;
}

struct db_trip *db_lanes_next(struct db_lanes *lanes, enum db_lanes_when when) {
    if (lanes->alone.count > 0)
        return make_trip(NULL, db_jobs_take(&lanes->alone));
    if (!TAILQ_EMPTY(&lanes->full))
        return make_trip_of_queue(lanes, TAILQ_FIRST(&lanes->full));
    if (when == DB_LANES_NOW && !TAILQ_EMPTY(&lanes->ready))
        return make_trip_of_queue(lanes, TAILQ_FIRST(&lanes->ready));
    return NULL;
}

/* Frees the queue if no job waits in it. */
static void end_trip_of_queue(struct db_lanes *lanes, struct db_queue *queue) {
    queue->under_way = false;
    if (queue->waiting.count == 0) {
        drop_queue(lanes, queue);
        return;
    }
    queue->key = &db_jobs_first(&queue->waiting)->call;
    list_queue(lanes, queue);
}

/* Makes the job wait for another trip if it needs one. False if it is done, or if memory is out. */
static bool put_again(struct db_lanes *lanes, struct db_job *job) {
    switch (job->fate) {
    case DB_JOB_DONE:
        break;
    case DB_JOB_LOCKED:
        return wait_in(lanes, provide_queue(lanes, job, false), job);
    case DB_JOB_FAILED:
        /* A call that fails in an unforeseen way must not harm the others: each is tried alone. */
        db_jobs_put(&lanes->alone, job);
        return true;
    }
    return false;
}

void db_lanes_finish(struct db_lanes *lanes, struct db_trip *trip, struct db_jobs *done) {
    struct db_jobs jobs;

    db_jobs_init(&jobs);
    STAILQ_CONCAT(&jobs.list, &trip->jobs.list);
    jobs.count = trip->jobs.count;
    /* The first job's rows answer the others as well, so it is completed last. */
    if (trip->kind == DB_TRIP_SHARED)
        db_jobs_put(&jobs, db_jobs_take(&jobs));
    if (trip->queue != NULL)
        end_trip_of_queue(lanes, trip->queue);
    while (jobs.count > 0) {
        struct db_job *job = db_jobs_take(&jobs);
        if (!put_again(lanes, job))
            db_jobs_put(done, job);
    }
}
