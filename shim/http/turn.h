/* A turn: what the event loop does after it has read all sockets that were ready, and before it polls them again.
 * turn.c states its order. */
#ifndef EVENTHUB_TURN_H
#define EVENTHUB_TURN_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

#include "shim/http/connections.h"

struct turn;

/* A source: a pool with threads of its own, which takes jobs and gives them back when they are done. All functions are
 * called with `pool`, on the event loop's thread. */
struct turn_source {
    void *pool;
    int fd; /* readable when `finish` has something to do */

    /* Takes back the jobs that are done. It completes none of them, so it may be called while a request is being
     * read. */
    void (*finish)(void *pool);
    /* Whether `finish` has something to do; makes no system call. */
    bool (*has_finished)(const void *pool);
    /* Starts the jobs that have been submitted. NULL: submitting a job starts it. */
    void (*start)(void *pool);
    /* How many jobs are ready to be completed; and completes `most` of them, which answers their requests. */
    size_t (*completable)(const void *pool);
    void (*complete)(void *pool, size_t most);
    /* How many jobs are not completable yet. NULL: none of them waits to be started. */
    size_t (*pending)(const void *pool);
};

/* NULL if memory is out. `base` has to outlive the turn, and `connections` its last run. */
struct turn *turn_new(struct event_base *base, struct connections *connections);
void turn_free(struct turn *turn);

/* Adds a source, which has to outlive the turn's last run. False if memory is out, or there are too many. */
bool turn_add_source(struct turn *turn, const struct turn_source *source);

/* Makes the turn run when all that has arrived by now is read. Call it when a job was submitted. */
void turn_wake(struct turn *turn);

/* Takes back the jobs that are done, if any, and wakes the turn. Call it for every request that arrives: if many arrive
 * at once, threads would otherwise wait for new work until the last one is read. */
void turn_look_early(struct turn *turn);

/* Adds a line to the log, which the turn writes. */
void turn_log(struct turn *turn, const char *line, size_t length);

#endif
