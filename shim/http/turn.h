/* A turn: what is done between two looks at the sockets. It has one order, which turn.c states. */
#ifndef EVENTHUB_TURN_H
#define EVENTHUB_TURN_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

#include "shim/http/connections.h"

struct turn;

/* Something with threads of its own, which is given jobs and gives them back when they are done. All functions are
 * called on the event loop's thread, with `pool`. */
struct turn_source {
    void *pool;
    int fd; /* readable when `finish` has something to do */

    /* Takes back what is done. It completes none of it, so it may be called while a request is being read. */
    void (*finish)(void *pool);
    /* Whether `finish` has something to do, found out without asking the kernel. */
    bool (*has_finished)(const void *pool);
    /* Starts work on what has been submitted. NULL: submitting has started it. */
    void (*start)(void *pool);
    /* How many jobs `complete` could complete; completes so many of them, which is when requests are answered. */
    size_t (*completable)(const void *pool);
    void (*complete)(void *pool, size_t most);
};

/* NULL if memory is out. `base` and `connections` have to outlive the turn. */
struct turn *turn_new(struct event_base *base, struct connections *connections);
void turn_free(struct turn *turn);

/* Adds a source, which has to outlive the turn's last run. False if memory is out, or there are too many. */
bool turn_add_source(struct turn *turn, const struct turn_source *source);

/* Has a turn run when all that has arrived by now is read. To be called when something was submitted. */
void turn_wake(struct turn *turn);

/* Looks whether a source has something to take back, and wakes the turn if so. To be called for every request that
 * arrives: among many that have arrived at once, threads would else wait until the last of them is read. */
void turn_look_early(struct turn *turn);

/* Adds a line to the log, which the turn writes. */
void turn_log(struct turn *turn, const char *line, size_t length);

#endif
