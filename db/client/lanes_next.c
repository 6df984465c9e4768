/* The next trip of the lanes: which of those that may start does, and what it carries. */
#include "db/client/lanes.h"
#include "db/client/lanes_inside.h"

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
    lanes_list_queue(lanes, queue);
    if (queue->is_slow || is_row)
        return start_slow(lanes, trip);
    trip->is_quick_read = true;
    queue->procedure->quick_under_way++;
    return trip;
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
    struct db_trip *trip;

    if (procedure->apart == 0 && TAILQ_NEXT(queue, link) == NULL) {
        trip = make_trip_of_queue(lanes, queue);
        trip->is_apart = true;
        procedure->apart++;
        return trip;
    }
    trip = make_trip(procedure, db_jobs_take(&queue->waiting));
    struct db_job *first = db_jobs_first(&trip->jobs);
    for (size_t calls = 1;; calls++) {
        while (queue->waiting.count > 0) {
            db_jobs_first(&queue->waiting)->answered_by = first;
            db_jobs_put(&trip->jobs, db_jobs_take(&queue->waiting));
        }
        lanes_list_queue(lanes, queue);
        lanes_drop_queue(lanes, queue);
        queue = TAILQ_FIRST(&procedure->reads);
        if (queue == NULL || calls == lanes->options.group_limit)
            break;
        first = db_jobs_first(&queue->waiting);
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
    struct admission *quick = &lanes->quick[DB_LANE_GROUPED];
    struct db_job *job;

    STAILQ_FOREACH(job, &queue->waiting.list, link) {
        admission_enter(quick, lanes->now_us);
        job->admission = quick;
    }
    db_jobs_move(&queue->waiting, &queue->procedure->common);
    lanes_list_queue(lanes, queue);
    lanes_drop_queue(lanes, queue);
}

/* The next trip of those queues for one row that nobody is known to hold up. */
static struct db_trip *next_of_rows(struct db_lanes *lanes, const struct db_queue_list *list) {
    struct db_queue *queue;

    while ((queue = TAILQ_FIRST(list)) != NULL) {
        if (db_slow_may_start(&lanes->procedures, queue->procedure))
            return make_trip_of_queue(lanes, queue);
        move_to_common(lanes, queue);
    }
    return NULL;
}

static struct db_trip *next_quick_read(struct db_lanes *lanes) {
    struct db_procedure *procedure;

    TAILQ_FOREACH(procedure, &lanes->procedures.list, link) {
        if (!TAILQ_EMPTY(&procedure->ready) && procedure->quick_under_way < procedure->quick_limit)
            return make_trip_of_queue(lanes, TAILQ_FIRST(&procedure->ready));
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
    trip = next_of_rows(lanes, &lanes->full);
    if (trip == NULL)
        trip = next_list(lanes, when == DB_LANES_NOW ? 1 : lanes->options.group_limit);
    if (when == DB_LANES_AT_ONCE || trip != NULL)
        return trip;
    trip = next_quick_read(lanes);
    if (trip == NULL)
        trip = next_of_rows(lanes, &lanes->ready);
    /* Jobs may just have been moved to it. */
    if (trip == NULL)
        trip = next_list(lanes, 1);
    return trip != NULL ? trip : next_slow(lanes);
}
