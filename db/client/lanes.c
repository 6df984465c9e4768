/* Lanes decide which jobs wait for each other and travel together.
 *
 * Shared lane: jobs with equal calls are in one queue, which exists as long as one of them waits or is under way. If
 * the procedure has a list procedure, the queues of different calls go together, one list after the other.
 *
 * Grouped lane: each procedure has a common queue, whose lists never wait for locks: jobs whose rows are locked by
 * somebody else come back. These go to a queue for just that row, whose trips do wait. So whoever holds a lock only
 * holds up the jobs that need it. A job that finds nothing under way does not wait for others: it goes in such a queue
 * of its own.
 *
 * Slow trips may wait for a lock, search, or return much; procedures.h says how many may be under way. Calls of one
 * procedure that lock the same row go one after the other: the row would make them wait anyway, on a connection each.
 */
#include "db/client/lanes.h"

#include <stdlib.h>

#include "db/client/lanes_inside.h"

/* If a trip for one row takes so long, somebody else holds that row. A group of registrations takes some
 * milliseconds. */
enum { HELD_US = 500000 };

struct db_lanes *db_lanes_new(const struct db_lanes_options *options) {
    struct db_lanes *lanes = calloc(1, sizeof *lanes);

    if (lanes == NULL)
        return NULL;
    lanes->options = *options;
    db_procedures_init(&lanes->procedures, options->connections, options->queue_limit, options->longest_wait_us);
    for (size_t lane = 0; lane < DB_LANES; lane++)
        admission_init(&lanes->quick[lane], options->longest_wait_us, options->connections);
    db_jobs_init(&lanes->alone);
    TAILQ_INIT(&lanes->full);
    TAILQ_INIT(&lanes->ready);
    return lanes;
}

void db_lanes_free(struct db_lanes *lanes) {
    if (lanes == NULL)
        return;
    /* Each queue is freed when its last job leaves. */
    db_procedures_free(&lanes->procedures);
    free(lanes);
}

bool db_lanes_are_open(const struct db_lanes *lanes, enum db_lane lane, int64_t now) {
    return admission_is_open(&lanes->quick[lane], now);
}

size_t db_lanes_slow(const struct db_lanes *lanes) {
    return lanes->procedures.slow_jobs;
}

/* Finds the queue for the call, or makes it; NULL if memory is out. */
static struct db_queue *provide_queue(struct db_lanes *lanes, enum db_queue_type type, const struct db_call *call) {
    struct db_queue *queue = db_queues_find(&lanes->queues, type, call);
    struct db_procedure *procedure = queue != NULL ? queue->procedure : db_procedures_provide(&lanes->procedures, call);

    if (queue != NULL || procedure == NULL)
        return queue;
    queue = db_queues_add(&lanes->queues, type, call);
    if (queue == NULL)
        return NULL;
    queue->procedure = procedure;
    admission_init(&queue->admission, lanes->options.longest_wait_us, 1);
    queue->is_slow = type == DB_QUEUE_EQUAL && call->kind == DB_CALL_HEAVY;
    if (type == DB_QUEUE_ROW)
        procedure->apart++;
    return queue;
}

void lanes_drop_queue(struct db_lanes *lanes, struct db_queue *queue) {
    if (queue->type == DB_QUEUE_ROW)
        queue->procedure->apart--;
    db_queues_drop(&lanes->queues, queue);
}

bool lanes_goes_in_lists(const struct db_lanes *lanes, const struct db_call *call) {
    return call->list_procedure != NULL && lanes->options.group_limit > 1 && db_call_fits_list(call);
}

void lanes_list_queue(struct db_lanes *lanes, struct db_queue *queue) {
    struct db_queue_list *list = &lanes->ready;

    if (queue->under_way || queue->waiting.count == 0)
        list = NULL;
    else if (queue->is_slow)
        list = &queue->procedure->slow;
    else if (queue->type == DB_QUEUE_EQUAL && lanes_goes_in_lists(lanes, queue->key))
        list = &queue->procedure->reads;
    else if (queue->type == DB_QUEUE_EQUAL)
        list = &queue->procedure->ready;
    else if (queue->type == DB_QUEUE_ROW && queue->waiting.count >= lanes->options.group_limit)
        list = &lanes->full;
    if (list == queue->listed)
        return;
    if (queue->listed != NULL)
        TAILQ_REMOVE(queue->listed, queue, link);
    if (list != NULL)
        TAILQ_INSERT_TAIL(list, queue, link);
    queue->listed = list;
}

static void become_slow(struct db_lanes *lanes, struct db_queue *queue) {
    if (queue->is_slow)
        return;
    queue->is_slow = true;
    db_slow_enter(&lanes->procedures, queue->procedure, queue->waiting.count + queue->carried);
    lanes_list_queue(lanes, queue);
}

/* Counts the job among those that wait for the same; false if it would wait too long. */
static bool enter(const struct db_lanes *lanes, struct admission *admission, struct db_job *job) {
    if (!job->call.watched && !admission_is_open(admission, lanes->now_us))
        return false;
    admission_enter(admission, lanes->now_us);
    job->admission = admission;
    return true;
}

static void leave(const struct db_lanes *lanes, struct db_job *job) {
    admission_leave(job->admission, lanes->now_us, job->outcome.status != DB_UNAVAILABLE);
    job->admission = NULL;
}

static struct admission *admission_of(struct db_lanes *lanes, struct db_queue *queue) {
    if (queue->type == DB_QUEUE_ROW)
        return &queue->admission;
    return queue->is_slow ? &queue->procedure->admission : &lanes->quick[DB_LANE_SHARED];
}

static bool has_room(const struct db_lanes *lanes, const struct db_queue *queue, const struct db_job *job) {
    const struct db_procedures *procedures = &lanes->procedures;

    if (queue->type == DB_QUEUE_ROW && job->lane == DB_LANE_GROUPED)
        return db_slow_has_room(procedures, queue->waiting.count, DB_PART_GROUPED_ROW);
    return db_slow_has_room(procedures, queue->procedure->slow_jobs, DB_PART_PROCEDURE) &&
           (queue->type == DB_QUEUE_EQUAL || db_slow_has_room(procedures, queue->waiting.count, DB_PART_ROW));
}

static bool wait_in(struct db_lanes *lanes, struct db_queue *queue, struct db_job *job) {
    if (queue == NULL)
        return false;
    if (queue->type == DB_QUEUE_ROW && queue->under_way && lanes->now_us - queue->since_us > HELD_US)
        become_slow(lanes, queue);
    if ((queue->is_slow && !has_room(lanes, queue, job)) || !enter(lanes, admission_of(lanes, queue), job)) {
        if (queue->waiting.count == 0 && !queue->under_way)
            lanes_drop_queue(lanes, queue);
        return false;
    }
    if (queue->is_slow)
        db_slow_enter(&lanes->procedures, queue->procedure, 1);
    db_jobs_put(&queue->waiting, job);
    lanes_list_queue(lanes, queue);
    return true;
}

static bool wait_in_slow(struct db_lanes *lanes, struct db_queue *queue, struct db_job *job) {
    if (queue != NULL)
        become_slow(lanes, queue);
    return wait_in(lanes, queue, job);
}

/* Takes a job that may go together with others for other rows. */
static bool put_grouped(struct db_lanes *lanes, struct db_job *job) {
    struct db_queue *queue = db_queues_find(&lanes->queues, DB_QUEUE_ROW, &job->call);
    struct db_procedure *procedure = db_procedures_provide(&lanes->procedures, &job->call);

    if (procedure == NULL)
        return false;
    bool is_first = procedure->apart == 0 && !procedure->is_common_under_way && procedure->common.count == 0;
    if (queue != NULL || (is_first && db_slow_may_start(&lanes->procedures, procedure)))
        return wait_in(lanes, provide_queue(lanes, DB_QUEUE_ROW, &job->call), job);
    if (!enter(lanes, &lanes->quick[DB_LANE_GROUPED], job))
        return false;
    db_jobs_put(&procedure->common, job);
    return true;
}

/* Takes a job that goes in a slow trip by itself. */
static bool put_slow(struct db_lanes *lanes, struct db_job *job) {
    struct db_procedure *procedure = db_procedures_provide(&lanes->procedures, &job->call);

    if (procedure == NULL || !db_slow_has_room(&lanes->procedures, procedure->slow_jobs, DB_PART_PROCEDURE) ||
        !enter(lanes, &procedure->admission, job))
        return false;
    db_slow_enter(&lanes->procedures, procedure, 1);
    db_jobs_put(&procedure->alone, job);
    return true;
}

bool db_lanes_put(struct db_lanes *lanes, struct db_job *job, int64_t now) {
    lanes->now_us = now;
    job->answered_by = job;
    job->goes_alone = false;
    if (job->lane == DB_LANE_GROUPED && lanes_goes_in_lists(lanes, &job->call))
        return put_grouped(lanes, job);
    if (job->lane == DB_LANE_SHARED && lanes->options.share_reads)
        return wait_in(lanes, provide_queue(lanes, DB_QUEUE_EQUAL, &job->call), job);
    if (job->call.kind == DB_CALL_HEAVY || (job->call.kind == DB_CALL_WAITING && job->lane == DB_LANE_GROUPED))
        return put_slow(lanes, job);
    if (job->call.kind == DB_CALL_WAITING) {
        job->goes_alone = true;
        return wait_in_slow(lanes, provide_queue(lanes, DB_QUEUE_ROW, &job->call), job);
    }
    if (!enter(lanes, &lanes->quick[job->lane], job))
        return false;
    db_jobs_put(&lanes->alone, job);
    return true;
}

/* Whether whoever had locked the row has let it go: the trip, of which `first` was the first job, took no time. */
static bool is_free_again(const struct db_lanes *lanes, const struct db_queue *queue, const struct db_job *first) {
    const struct db_job *job;

    if (queue->type != DB_QUEUE_ROW || first->goes_alone || first->outcome.status == DB_UNAVAILABLE ||
        lanes->now_us - queue->since_us > HELD_US)
        return false;
    STAILQ_FOREACH(job, &queue->waiting.list, link) {
        if (job->goes_alone)
            return false;
    }
    return true;
}

/* Frees the queue if no job waits in it. */
static void end_trip_of_queue(struct db_lanes *lanes, struct db_queue *queue, const struct db_job *first) {
    queue->under_way = false;
    if (queue->is_slow)
        db_slow_leave(&lanes->procedures, queue->procedure, queue->carried);
    queue->carried = 0;
    if (queue->is_slow && is_free_again(lanes, queue, first)) {
        queue->is_slow = false;
        db_slow_leave(&lanes->procedures, queue->procedure, queue->waiting.count);
    }
    if (queue->waiting.count == 0) {
        lanes_drop_queue(lanes, queue);
        return;
    }
    queue->key = &db_jobs_first(&queue->waiting)->call;
    lanes_list_queue(lanes, queue);
}

static void end_trip(struct db_lanes *lanes, struct db_trip *trip) {
    if (trip->is_slow)
        db_slow_ended(&lanes->procedures, trip->procedure);
    if (trip->is_quick_read)
        trip->procedure->quick_under_way--;
    if (trip->is_apart)
        trip->procedure->apart--;
    if (trip->is_common)
        trip->procedure->is_common_under_way = false;
    if (trip->is_slow && trip->queue == NULL)
        db_slow_leave(&lanes->procedures, trip->procedure, trip->jobs.count);
    if (trip->queue != NULL)
        end_trip_of_queue(lanes, trip->queue, db_jobs_first(&trip->jobs));
}

/* Puts the job into `done`, or makes it wait for a trip that may take long. If there is no room for it, its outcome is
 * that of the list that it was part of. */
static void settle(struct db_lanes *lanes, struct db_job *job, struct db_jobs *done) {
    enum db_queue_type type = job->lane == DB_LANE_SHARED ? DB_QUEUE_EQUAL : DB_QUEUE_ROW;

    if (job->fate != DB_JOB_DONE) {
        /* A call that fails in an unforeseen way must not harm the others: each is tried alone. */
        job->goes_alone = job->fate == DB_JOB_FAILED;
        if (wait_in_slow(lanes, provide_queue(lanes, type, &job->call), job))
            return;
    }
    db_jobs_put(done, job);
}

void db_lanes_finish(struct db_lanes *lanes, struct db_trip *trip, struct db_jobs *done, int64_t now) {
    struct db_job *first = NULL; /* of jobs with equal calls, whose rows answer them */
    struct db_job *job;
    struct db_jobs jobs;

    lanes->now_us = now;
    STAILQ_FOREACH(job, &trip->jobs.list, link) {
        leave(lanes, job);
    }
    end_trip(lanes, trip);
    db_jobs_init(&jobs);
    db_jobs_move(&trip->jobs, &jobs);
    while (jobs.count > 0) {
        job = db_jobs_take(&jobs);
        if (job->answered_by == job) {
            if (first != NULL)
                settle(lanes, first, done);
            first = job;
        } else {
            settle(lanes, job, done);
        }
    }
    if (first != NULL)
        settle(lanes, first, done);
}
