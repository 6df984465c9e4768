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

#include "db/client/procedures.h"
#include "db/client/queues.h"

/* If a trip for one row takes so long, somebody else holds that row. A group of registrations takes some
 * milliseconds. */
enum { HELD_US = 500000 };

struct db_lanes {
    int64_t now_us; /* when the last job came */
    struct db_lanes_options options;
    struct db_jobs alone;       /* quick jobs that wait for no other job */
    struct db_queue_list full;  /* queues that can start a trip with as many jobs as fit */
    struct db_queue_list ready; /* other queues that can start a trip */
    struct db_queues queues;
    struct db_procedures procedures;
};

struct db_lanes *db_lanes_new(const struct db_lanes_options *options) {
    struct db_lanes *lanes = calloc(1, sizeof *lanes);

    if (lanes == NULL)
        return NULL;
    lanes->options = *options;
    db_procedures_init(&lanes->procedures, options->connections, options->queue_limit);
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
    queue->is_slow = type == DB_QUEUE_EQUAL && call->kind == DB_CALL_HEAVY;
    if (type == DB_QUEUE_ROW)
        procedure->apart++;
    return queue;
}

static void drop_queue(struct db_lanes *lanes, struct db_queue *queue) {
    if (queue->type == DB_QUEUE_ROW)
        queue->procedure->apart--;
    db_queues_drop(&lanes->queues, queue);
}

static bool goes_in_lists(const struct db_lanes *lanes, const struct db_call *call) {
    return call->list_procedure != NULL && lanes->options.group_limit > 1 && db_call_fits_list(call);
}

/* Moves the queue to the list that it belongs to, if any. */
static void list_queue(struct db_lanes *lanes, struct db_queue *queue) {
    struct db_queue_list *list = &lanes->ready;

    if (queue->under_way || queue->waiting.count == 0)
        list = NULL;
    else if (queue->is_slow)
        list = &queue->procedure->slow;
    else if (queue->type == DB_QUEUE_EQUAL && goes_in_lists(lanes, queue->key))
        list = &queue->procedure->reads;
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
    list_queue(lanes, queue);
}

static bool wait_in(struct db_lanes *lanes, struct db_queue *queue, struct db_job *job) {
    if (queue == NULL)
        return false;
    if (queue->type == DB_QUEUE_ROW && queue->under_way && lanes->now_us - queue->since_us > HELD_US)
        become_slow(lanes, queue);
    size_t same = queue->type == DB_QUEUE_ROW ? queue->waiting.count : queue->procedure->slow_jobs;
    if (queue->is_slow && !db_slow_has_room(&lanes->procedures, same)) {
        if (queue->waiting.count == 0 && !queue->under_way)
            drop_queue(lanes, queue);
        return false;
    }
    if (queue->is_slow)
        db_slow_enter(&lanes->procedures, queue->procedure, 1);
    db_jobs_put(&queue->waiting, job);
    list_queue(lanes, queue);
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
    db_jobs_put(&procedure->common, job);
    return true;
}

/* Takes a job that goes in a slow trip by itself. */
static bool put_slow(struct db_lanes *lanes, struct db_job *job) {
    struct db_procedure *procedure = db_procedures_provide(&lanes->procedures, &job->call);

    if (procedure == NULL || !db_slow_has_room(&lanes->procedures, procedure->slow_jobs))
        return false;
    db_slow_enter(&lanes->procedures, procedure, 1);
    db_jobs_put(&procedure->alone, job);
    return true;
}

bool db_lanes_put(struct db_lanes *lanes, struct db_job *job, int64_t now) {
    lanes->now_us = now;
    job->answered_by = job;
    job->goes_alone = false;
    if (job->lane == DB_LANE_GROUPED && goes_in_lists(lanes, &job->call))
        return put_grouped(lanes, job);
    if (job->lane == DB_LANE_SHARED && lanes->options.share_reads)
        return wait_in(lanes, provide_queue(lanes, DB_QUEUE_EQUAL, &job->call), job);
    if (job->call.kind == DB_CALL_HEAVY || (job->call.kind == DB_CALL_WAITING && job->lane == DB_LANE_GROUPED))
        return put_slow(lanes, job);
    if (job->call.kind == DB_CALL_WAITING) {
        job->goes_alone = true;
        return wait_in_slow(lanes, provide_queue(lanes, DB_QUEUE_ROW, &job->call), job);
    }
    db_jobs_put(&lanes->alone, job);
    return true;
}

static struct db_trip *make_trip(struct db_procedure *procedure, struct db_job *first) {
    struct db_trip *trip = &first->trip;

    *trip = (struct db_trip){.procedure = procedure};
    db_jobs_init(&trip->jobs);
    db_jobs_put(&trip->jobs, first);
    first->answered_by = first;
    return trip;
}

static struct db_trip *start_slow(struct db_lanes *lanes, struct db_trip *trip) {
    trip->is_slow = true;
    db_slow_started(&lanes->procedures, trip->procedure);
    return trip;
}

/* Makes a trip from the queue, in which at least one job waits. */
static struct db_trip *make_trip_of_queue(struct db_lanes *lanes, struct db_queue *queue) {
    bool is_row = queue->type == DB_QUEUE_ROW;
    size_t limit = is_row ? lanes->options.group_limit : SIZE_MAX;
    struct db_job *first = db_jobs_take(&queue->waiting);
    struct db_trip *trip = make_trip(queue->procedure, first);

    while (queue->waiting.count > 0 && trip->jobs.count < limit) {
        struct db_job *next = db_jobs_first(&queue->waiting);
        if (is_row && (first->goes_alone || next->goes_alone))
            break;
        next->answered_by = is_row ? next : first;
        db_jobs_put(&trip->jobs, db_jobs_take(&queue->waiting));
    }
    trip->queue = queue;
    trip->kind = is_row && trip->jobs.count > 1 ? DB_TRIP_LIST_WAITING : DB_TRIP_ALONE;
    queue->key = &first->call;
    queue->under_way = true;
    queue->carried = trip->jobs.count;
    queue->since_us = lanes->now_us;
    list_queue(lanes, queue);
    return queue->is_slow || is_row ? start_slow(lanes, trip) : trip;
}

/* Makes a list of jobs for any rows. */
static struct db_trip *make_list(const struct db_lanes *lanes, struct db_procedure *procedure) {
    struct db_trip *trip = make_trip(procedure, db_jobs_take(&procedure->common));

    while (procedure->common.count > 0 && trip->jobs.count < lanes->options.group_limit)
        db_jobs_put(&trip->jobs, db_jobs_take(&procedure->common));
    trip->kind = DB_TRIP_LIST;
    trip->is_common = procedure->is_common_under_way = true;
    return trip;
}

/* Makes a list of reads. If nothing else is under way, a single one goes by itself, and holds up no list. */
static struct db_trip *make_list_of_reads(struct db_lanes *lanes, struct db_procedure *procedure) {
    struct db_queue *queue = TAILQ_FIRST(&procedure->reads);
    struct db_trip *trip = NULL;

    if (procedure->apart == 0 && TAILQ_NEXT(queue, link) == NULL) {
        trip = make_trip_of_queue(lanes, queue);
        trip->is_apart = true;
        procedure->apart++;
        return trip;
    }
    for (size_t calls = 0; calls < lanes->options.group_limit && !TAILQ_EMPTY(&procedure->reads); calls++) {
        queue = TAILQ_FIRST(&procedure->reads);
        struct db_job *first = db_jobs_first(&queue->waiting);
        while (queue->waiting.count > 0) {
            struct db_job *job = db_jobs_take(&queue->waiting);
            if (trip == NULL)
                trip = make_trip(procedure, job);
            else
                db_jobs_put(&trip->jobs, job);
            job->answered_by = first;
        }
        list_queue(lanes, queue);
        drop_queue(lanes, queue);
    }
    trip->kind = DB_TRIP_LIST;
    trip->is_common = procedure->is_common_under_way = true;
    return trip;
}

static struct db_trip *make_slow(struct db_lanes *lanes, struct db_procedure *procedure) {
    db_procedures_rotate(&lanes->procedures, procedure);
    if (!TAILQ_EMPTY(&procedure->slow))
        return make_trip_of_queue(lanes, TAILQ_FIRST(&procedure->slow));
    return start_slow(lanes, make_trip(procedure, db_jobs_take(&procedure->alone)));
}

/* Jobs that would go in a trip of their own, because nobody is known to have locked their row, go in the list that
 * waits for no lock if no slow trip may start. */
static void move_to_common(struct db_lanes *lanes, struct db_queue *queue) {
    db_jobs_move(&queue->waiting, &queue->procedure->common);
    list_queue(lanes, queue);
    drop_queue(lanes, queue);
}

/* The next trip of those queues that nobody is known to hold up. */
static struct db_trip *next_of(struct db_lanes *lanes, const struct db_queue_list *list) {
    struct db_queue *queue;

    while ((queue = TAILQ_FIRST(list)) != NULL) {
        if (queue->type == DB_QUEUE_EQUAL || db_slow_may_start(&lanes->procedures, queue->procedure))
            return make_trip_of_queue(lanes, queue);
        move_to_common(lanes, queue);
    }
    return NULL;
}

/* The next list that passes over what would take long, and has at least so many jobs, which is 1 for reads. */
static struct db_trip *next_list(struct db_lanes *lanes, size_t jobs) {
    struct db_procedure *procedure;

    TAILQ_FOREACH(procedure, &lanes->procedures.list, link) {
        if (procedure->is_common_under_way)
            continue;
        if (procedure->common.count >= jobs)
            return make_list(lanes, procedure);
        if (jobs == 1 && !TAILQ_EMPTY(&procedure->reads))
            return make_list_of_reads(lanes, procedure);
    }
    return NULL;
}

static struct db_trip *next_slow(struct db_lanes *lanes) {
    struct db_procedure *procedure;

    TAILQ_FOREACH(procedure, &lanes->procedures.list, link) {
        bool waits = !TAILQ_EMPTY(&procedure->slow) || procedure->alone.count > 0;
        if (waits && db_slow_may_start(&lanes->procedures, procedure))
            return make_slow(lanes, procedure);
    }
    return NULL;
}

struct db_trip *db_lanes_next(struct db_lanes *lanes, enum db_lanes_when when) {
    struct db_trip *trip = NULL;

    if (lanes->alone.count > 0)
        return make_trip(NULL, db_jobs_take(&lanes->alone));
    trip = next_of(lanes, &lanes->full);
    if (trip == NULL)
        trip = next_list(lanes, when == DB_LANES_NOW ? 1 : lanes->options.group_limit);
    if (when == DB_LANES_AT_ONCE || trip != NULL)
        return trip;
    trip = next_of(lanes, &lanes->ready);
    /* Jobs may just have been moved to it. */
    if (trip == NULL)
        trip = next_list(lanes, 1);
    return trip != NULL ? trip : next_slow(lanes);
}

/* Frees the queue if no job waits in it. */
static void end_trip_of_queue(struct db_lanes *lanes, struct db_queue *queue, const struct db_job *first) {
    queue->under_way = false;
    if (queue->is_slow)
        db_slow_leave(&lanes->procedures, queue->procedure, queue->carried);
    queue->carried = 0;
    /* Whoever had locked the row has let it go. */
    if (queue->type == DB_QUEUE_ROW && queue->is_slow && !first->goes_alone && first->outcome.status == DB_OK) {
        queue->is_slow = false;
        db_slow_leave(&lanes->procedures, queue->procedure, queue->waiting.count);
    }
    if (queue->waiting.count == 0) {
        drop_queue(lanes, queue);
        return;
    }
    queue->key = &db_jobs_first(&queue->waiting)->call;
    list_queue(lanes, queue);
}

static void end_trip(struct db_lanes *lanes, struct db_trip *trip) {
    if (trip->is_slow)
        db_slow_ended(&lanes->procedures, trip->procedure);
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

void db_lanes_finish(struct db_lanes *lanes, struct db_trip *trip, struct db_jobs *done) {
    struct db_job *first = NULL; /* of jobs with equal calls, whose rows answer them */
    struct db_jobs jobs;

    end_trip(lanes, trip);
    db_jobs_init(&jobs);
    db_jobs_move(&trip->jobs, &jobs);
    while (jobs.count > 0) {
        struct db_job *job = db_jobs_take(&jobs);
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
