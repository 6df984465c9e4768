/* A turn: what is done between two looks at the sockets. */
#include "shim/http/turn.h"

#include <stdlib.h>

#include "db/common/log.h"

enum {
    MAX_SOURCES = 4,
    COMPLETED_AT_ONCE = 32,
};

struct source {
    struct turn_source with;
    struct turn *turn;
    struct event *readable;
    bool is_readable; /* the descriptor has said that there is something to take back */
};

struct turn {
    struct connections *connections;
    struct event *run;
    bool is_running;
    bool is_more; /* while it runs: another turn is to follow */
    struct log_lines log;
    size_t source_count;
    struct source sources[MAX_SOURCES];
};

static void finish(struct source *source) {
    source->is_readable = false;
    source->with.finish(source->with.pool);
}

/* Completes a portion of what is done; true if something is left. Clients that have their answers ask for more, which
 * can be on its way to the database while the rest is answered. The portion grows with what is done, because a job that
 * is not complete takes the room of a request that the database could work on. */
static bool complete_portion(struct source *source) {
    size_t done = source->with.completable(source->with.pool);
    size_t portion = done / 4 > COMPLETED_AT_ONCE ? done / 4 : COMPLETED_AT_ONCE;

    source->with.complete(source->with.pool, portion);
    return source->with.completable(source->with.pool) > 0;
}

/* The turn. Every source passes each step before the next step begins. */
static void run(evutil_socket_t fd, short what, void *argument) {
    struct turn *turn = argument;
    struct source *source, *end = turn->sources + turn->source_count;

    (void)fd;
    (void)what;
    turn->is_running = true;
    turn->is_more = false;
    /* 1. Take back what threads have done: jobs that waited for it may go next. */
    for (source = turn->sources; source < end; source++) {
        if (source->is_readable || source->with.has_finished(source->with.pool))
            finish(source);
    }
    /* 2. Start what waits. All requests that have arrived are read by now, so they travel together; and the database is
     * at work while this thread writes answers. */
    for (source = turn->sources; source < end; source++) {
        if (source->with.start != NULL)
            source->with.start(source->with.pool);
    }
    /* 3. Answer, in portions. */
    for (source = turn->sources; source < end; source++)
        turn->is_more = complete_portion(source) || turn->is_more;
    /* 4. Write the log, before a client can act on its answer: what it then causes is logged after it. */
    log_lines_write(&turn->log);
    /* 5. Send, with one system call for each connection, which evhttp would do only after asking the kernel. */
    connections_send(turn->connections);
    turn->is_running = false;
    /* 6. Come back for the rest, by a timer: an event that is made active in its own callback is served again before
     * the sockets are looked at, and what clients ask meanwhile is to be read first. */
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
