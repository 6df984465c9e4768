/* Threads for blocking work, behind a bounded queue; work that is done comes back to the thread that submitted it. */
#ifndef EVENTHUB_WORKERS_H
#define EVENTHUB_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct workers;

/* A piece of work. It is embedded in a structure of the caller's, who keeps it alive until `done` is called. */
struct work {
    void (*run)(struct work *work, void *context); /* on a worker's thread; `context` is what `begin` gave it */
    void (*done)(struct work *work);               /* in workers_finish, on its caller's thread */
    STAILQ_ENTRY(work) link;
    /* Set by `run` if its thread turned out to be unable to work, and nothing was done. Another thread that is able
     * then runs the piece; if there is none, the piece is done, with what `run` left in it. */
    bool undone;
};

struct workers_options {
    size_t threads;
    size_t queue_limit;             /* how many pieces may wait beyond those that run */
    void *(*begin)(void *argument); /* on each new thread: makes its context; may be NULL */
    void (*end)(void *context);     /* on each thread before it ends; may be NULL */
    /* Makes a thread able to work, which none is at first (by opening a connection, say); called on this thread.
     * Returns 0 if it is able now, or the moment (clock_us) before which another attempt is useless. It is called when
     * there is work for one more thread, but the work does not wait for it. While some thread is able, the unable ones
     * take no work. While none is, they take it all the same: `run` then finds out why, and the work fails at once.
     * NULL: all threads are always able. */
    int64_t (*prepare)(void *context);
    void *argument;
};

/* NULL, with errno set, if a thread or the eventfd cannot be had. */
struct workers *workers_new(const struct workers_options *options);

/* Takes `work` on; false, at once, if queue_limit pieces wait already or workers_free has begun. */
bool workers_submit(struct workers *workers, struct work *work);

/* Whether workers_submit would return false now. */
bool workers_are_full(struct workers *workers);

/* A descriptor that is readable while workers_finish has something to do. */
int workers_fd(const struct workers *workers);

/* Whether workers_finish has something to do; makes no system call. */
bool workers_have_finished(const struct workers *workers);

/* Calls `done` of every piece that has been run. */
void workers_finish(struct workers *workers);

/* Waits until all submitted pieces have been run, calls their `done`, and ends the threads. */
void workers_free(struct workers *workers);

#endif
