/* A turn: what the event loop does between two polls of its sockets. */
#include "shim/http/turn.h"

#include <stdlib.h>

#include "db/common/log.h"

enum {
    MAX_SOURCES = 4,
    COMPLETED_AT_ONCE = 32,
    FEW = 16,
};

struct source {
    struct turn_source with;
    struct turn *turn;
    struct event *readable;
    bool is_readable; /* the descriptor was reported as readable */
};

struct turn {
    struct connections *connections;
    struct event *run;
    bool is_running;
    bool has_put_off; /* the last turn started nothing, so this one does */
    bool is_more;     /* set while it runs: another turn has to follow */
    struct log_lines log;
    size_t source_count;
    struct source sources[MAX_SOURCES];
};

static void finish(struct source *source) {
    source->is_readable = false;
    source->with.finish(source->with.pool);
}

/* Completes a portion of the jobs that are done; true if some are left for the next turn. Between the two, clients that
 * have their answers send new requests, and the database works on these while the rest is answered. The portion grows
 * with the number of done jobs, because each of them takes a place in its pool that a new request could have. */
static bool complete_portion(struct source *source) {
    size_t done = source->with.completable(source->with.pool);
    size_t portion = done / 4 > COMPLETED_AT_ONCE ? done / 4 : COMPLETED_AT_ONCE;

    source->with.complete(source->with.pool, portion);
    return source->with.completable(source->with.pool) > 0;
}

/* Whether to start what waits in the next turn only. A few clients are about to get their answers, and mostly ask again
 * at once: what waits now should not go without them. Otherwise a crowd falls apart into halves that travel in turns,
 * by twice as many CALLs. With many answers to write it is better to have the database work meanwhile. */
static bool put_off(struct turn *turn) {
    struct source *source, *end = turn->sources + turn->source_count;
    size_t done = 0, pending = 0;

    for (source = turn->sources; source < end; source++) {
        done += source->with.completable(source->with.pool);
        pending += source->with.pending != NULL ? source->with.pending(source->with.pool) : 0;
    }
    turn->has_put_off = done > 0 && done <= FEW && pending > 0 && !turn->has_put_off;
    return turn->has_put_off;
}

/* The turn. All sources pass each step before the next step begins. */
static void run(evutil_socket_t fd, short what, void *argument) {
    struct turn *turn = argument;
    struct source *source, *end = turn->sources + turn->source_count;

    (void)fd;
    (void)what;
    turn->is_running = true;
    /* 1. Take back what the threads have done: jobs that waited for it can go next. A descriptor that has become
     * readable has to be read even if an earlier look took the jobs back, or it would stay readable. */
    for (source = turn->sources; source < end; source++) {
        if (source->is_readable || source->with.has_finished(source->with.pool))
            finish(source);
    }
    /* 2. Start what waits. All requests that have arrived are read by now, so those that can go together do; and the
     * database works while this thread writes answers. */
    turn->is_more = put_off(turn);
    for (source = turn->sources; source < end; source++) {
        if (source->with.start != NULL && !turn->has_put_off)
            source->with.start(source->with.pool);
    }
    /* 3. Answer, in portions. */
    for (source = turn->sources; source < end; source++)
        turn->is_more = complete_portion(source) || turn->is_more;
    /* 4. Write the log before any client has its answer, so that all it causes by acting on the answer is logged
     * later. */
    log_lines_write(&turn->log);
    /* 5. Send, with one system call for each connection. evhttp would first ask the kernel whether it can. */
    connections_send(turn->connections);
    turn->is_running = false;
    /* 6. Come back for the rest, by a timer that expires at once. An event that is activated in its own callback would
     * run again before the sockets are polled, but new requests are to be read first. */
    if (turn->is_more && event_add(turn->run, &(struct timeval){0}) != 0)
        event_active(turn->run, 0, 0);
}

struct turn *turn_new(struct event_base *base, struct connections *connections) {
    struct turn *turn = calloc(1, sizeof *turn);
    if (turn == NULL)
        return NULL;
    turn->connections = connections;
    turn->run = event_new(base, -1, 0, run, turn);
    if (turn->run == NULL) {
        free(turn);
        return NULL;
    }
    return turn;
}

void turn_free(struct turn *turn) {
    if (turn == NULL)
        return;
    log_lines_write(&turn->log);
    for (size_t i = 0; i < turn->source_count; i++)
        event_free(turn->sources[i].readable);
    event_free(turn->run);
    free(turn);
}

static void source_readable(evutil_socket_t fd, short what, void *argument) {
    struct source *source = argument;
    (void)fd;
    (void)what;
    source->is_readable = true;
    turn_wake(source->turn);
}

bool turn_add_source(struct turn *turn, const struct turn_source *with) {
    struct source *source = &turn->sources[turn->source_count];

    if (turn->source_count == MAX_SOURCES)
        return false;
    *source = (struct source){.with = *with, .turn = turn};
    source->readable = event_new(event_get_base(turn->run), with->fd, EV_READ | EV_PERSIST, source_readable, source);
    if (source->readable == NULL)
        return false;
    if (event_add(source->readable, NULL) != 0) {
        event_free(source->readable);
        return false;
    }
    turn->source_count++;
    return true;
}

void turn_wake(struct turn *turn) {
    if (turn->is_running)
        turn->is_more = true;
    else
        event_active(turn->run, 0, 0);
}

void turn_look_early(struct turn *turn) {
    for (size_t i = 0; i < turn->source_count; i++) {
        struct source *source = &turn->sources[i];
        if (source->with.has_finished(source->with.pool)) {
            finish(source);
            turn_wake(turn);
        }
    }
}

void turn_log(struct turn *turn, const char *line, size_t length) {
    log_lines_add(&turn->log, line, length);
    if (!turn->is_running)
        event_active(turn->run, 0, 0);
}
