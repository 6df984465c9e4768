/* Lanes: which jobs wait for each other, and which then travel together.
 *
 * A queue has one trip under way at a time, and what arrives meanwhile makes up the next one. Equal reads have a queue
 * for as long as one of them is under way. Grouped calls mostly share one queue per list procedure, whose trips wait
 * for no lock: what somebody else has locked comes back. Such calls, and one that found nothing under way and so went
 * alone, have a queue for what they lock, and that one waits. So whoever holds one event up, holds up nobody else's. */
#include "db/client/lanes.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

struct db_queue {
    enum db_lane lane;
    bool any;                  /* of grouped calls: whatever they lock */
    const struct db_call *key; /* one of the calls in it, under way or waiting */
    struct db_jobs waiting;
    bool under_way;
    bool is_ready;
    STAILQ_ENTRY(db_queue) link; /* in `ready`, if something waits and nothing is under way */
};

struct db_lanes {
    struct db_pool *pool;
    size_t group_limit;
    bool share_reads;
    size_t groups; /* queues of grouped calls */
    void *queues;  /* tsearch(3)'s tree */
    STAILQ_HEAD(, db_queue) ready;
};

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
        if (a->any || b->any)
            return compare_numbers(a->any, b->any);
        return compare_values(subject(a->key), subject(b->key));
    }
    order = compare_numbers((int64_t)a->key->argument_count, (int64_t)b->key->argument_count);
    for (size_t i = 0; order == 0 && i < a->key->argument_count; i++)
        order = compare_values(&a->key->arguments[i], &b->key->arguments[i]);
    return order;
}

struct db_lanes *db_lanes_new(struct db_pool *pool, const struct db_pool_options *options) {
    struct db_lanes *lanes = calloc(1, sizeof *lanes);
    if (lanes == NULL)
        return NULL;
    lanes->pool = pool;
    lanes->group_limit = options->group_limit;
    lanes->share_reads = options->share_reads;
    STAILQ_INIT(&lanes->ready);
    return lanes;
}

void db_lanes_free(struct db_lanes *lanes) {
    /* Every queue has gone with its last job. */
    free(lanes);
}

static struct db_queue *find_queue(struct db_lanes *lanes, const struct db_job *job, bool any) {
    const struct db_queue wanted = {.lane = job->lane, .any = any, .key = &job->call};
    struct db_queue *const *found = tfind(&wanted, &lanes->queues, compare_queues);
    return found != NULL ? *found : NULL;
}

/* The queue for the job, made if there is none; NULL if memory is out. */
static struct db_queue *provide_queue(struct db_lanes *lanes, const struct db_job *job, bool any) {
    struct db_queue *queue = find_queue(lanes, job, any);
    if (queue != NULL)
        return queue;
    queue = calloc(1, sizeof *queue);
    if (queue == NULL)
        return NULL;
    queue->lane = job->lane;
    queue->any = any;
    queue->key = &job->call;
    db_jobs_clear(&queue->waiting);
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

static struct db_trip *make_trip(struct db_lanes *lanes, struct db_queue *queue, struct db_job *first) {
    struct db_trip *trip = &first->trip;

    *trip = (struct db_trip){.pool = lanes->pool, .queue = queue};
    db_jobs_clear(&trip->jobs);
    db_jobs_put(&trip->jobs, first);
    return trip;
}

static bool start_alone(struct db_lanes *lanes, struct db_job *job) {
    return db_trip_start(make_trip(lanes, NULL, job));
}

/* Starts a trip with what waits in the queue, which is not empty. */
static bool start_waiting(struct db_lanes *lanes, struct db_queue *queue) {
    struct db_trip *trip = make_trip(lanes, queue, db_jobs_take(&queue->waiting));

    while (queue->waiting.count > 0 && (queue->lane == DB_LANE_SHARED || trip->jobs.count < lanes->group_limit))
        db_jobs_put(&trip->jobs, db_jobs_take(&queue->waiting));
    if (queue->lane == DB_LANE_SHARED)
        trip->kind = DB_TRIP_SHARED;
    else if (queue->any)
        trip->kind = DB_TRIP_LIST;
    else
        trip->kind = trip->jobs.count > 1 ? DB_TRIP_LIST_WAITING : DB_TRIP_ALONE;
    queue->key = &trip->jobs.first->call;
    if (!db_trip_start(trip)) {
        while (trip->jobs.count > 0)
            db_jobs_put(&queue->waiting, db_jobs_take(&trip->jobs));
        return false;
    }
    queue->under_way = true;
    return true;
}

/* Which queue the job is to wait in; NULL if memory is out. */
static struct db_queue *choose_queue(struct db_lanes *lanes, const struct db_job *job) {
    if (job->lane == DB_LANE_SHARED)
        return provide_queue(lanes, job, false);
    struct db_queue *queue = find_queue(lanes, job, false);
    return queue != NULL ? queue : provide_queue(lanes, job, lanes->groups > 0);
}

/* Has the queue looked at by db_lanes_start, if it has something to start; or starts it, if no more could go with it:
 * among many clients it takes long until all that has arrived is read. */
static void get_ready(struct db_lanes *lanes, struct db_queue *queue) {
    bool full = queue->lane == DB_LANE_GROUPED && queue->waiting.count >= lanes->group_limit;

    if (queue->under_way || queue->waiting.count == 0)
        return;
    if (!queue->is_ready)
        STAILQ_INSERT_TAIL(&lanes->ready, queue, link);
    queue->is_ready = !full || !start_waiting(lanes, queue);
    if (!queue->is_ready)
        STAILQ_REMOVE(&lanes->ready, queue, db_queue, link);
}

static bool enter(struct db_lanes *lanes, struct db_queue *queue, struct db_job *job) {
    if (queue == NULL)
        return false;
    db_jobs_put(&queue->waiting, job);
    get_ready(lanes, queue);
    return true;
}

bool db_lanes_submit(struct db_lanes *lanes, struct db_job *job) {
    bool grouped = job->lane == DB_LANE_GROUPED && lanes->group_limit > 1 && db_trip_can_list(&job->call);
    bool shared = job->lane == DB_LANE_SHARED && lanes->share_reads;

    return grouped || shared ? enter(lanes, choose_queue(lanes, job), job) : start_alone(lanes, job);
}

/* Of a queue that nothing can be started of any more. */
static void give_up(struct db_lanes *lanes, struct db_queue *queue, struct db_jobs *done) {
    while (queue->waiting.count > 0) {
        struct db_job *job = db_jobs_take(&queue->waiting);
        job->outcome = (struct db_outcome){.status = DB_UNAVAILABLE, .message = "stopping"};
        db_jobs_put(done, job);
    }
    drop_queue(lanes, queue);
}

void db_lanes_start(struct db_lanes *lanes, struct db_jobs *done) {
    while (!STAILQ_EMPTY(&lanes->ready)) {
        struct db_queue *queue = STAILQ_FIRST(&lanes->ready);
        STAILQ_REMOVE_HEAD(&lanes->ready, link);
        queue->is_ready = false;
        if (!start_waiting(lanes, queue))
            give_up(lanes, queue, done);
    }
}

/* Gives the job another trip if it has to have one. */
static bool try_again(struct db_lanes *lanes, struct db_job *job) {
    bool busy = job->busy, failed = job->failed;

    job->busy = false;
    job->failed = false;
    if (failed)
        return start_alone(lanes, job);
    return busy && enter(lanes, provide_queue(lanes, job, false), job);
}

/* The trip of the queue is over. */
static void leave(struct db_lanes *lanes, struct db_queue *queue) {
    queue->under_way = false;
    if (queue->waiting.count == 0) {
        drop_queue(lanes, queue);
        return;
    }
    queue->key = &queue->waiting.first->call;
    get_ready(lanes, queue);
}

void db_lanes_finish(struct db_lanes *lanes, struct db_trip *trip, struct db_jobs *done) {
    struct db_jobs jobs = trip->jobs;

    /* The first one's rows are the others' as well, so it comes last. */
    if (trip->kind == DB_TRIP_SHARED)
        db_jobs_put(&jobs, db_jobs_take(&jobs));
    if (trip->queue != NULL)
        leave(lanes, trip->queue);
    while (jobs.count > 0) {
        struct db_job *job = db_jobs_take(&jobs);
        if (!try_again(lanes, job))
            db_jobs_put(done, job);
    }
}
