/* Threads for work that blocks, behind a bounded queue; what is done comes back to the thread that asked. */
#ifndef EVENTHUB_WORKERS_H
#define EVENTHUB_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct workers;

/* A piece of work, embedded in the caller's own structure, which stays the caller's and must live until `done`. */
struct work {
    void (*run)(struct work *work, void *context); /* on a worker's thread; `context` is what `begin` gave it */
    void (*done)(struct work *work);               /* in workers_finish, on its caller's thread */
    STAILQ_ENTRY(work) link;
    /* Set by `run`: its thread turned out not to be able to, and nothing was done. Then another one that is able runs
     * it in its turn; where there is none it is done, with whatever `run` left in it. */
    bool undone;
};

struct workers_options {
    size_t threads;
    size_t queue_limit;             /* how many pieces may wait beyond those that run */
    void *(*begin)(void *argument); /* on each new thread: makes its context; may be NULL */
    void (*end)(void *context);     /* on each thread before it ends; may be NULL */
    /* On a thread that is not able to work, as none is at first: tries to make it so. Returns 0 if it is now, or the
     * moment (clock_us) before which another attempt is useless. It is called when there is work for one more thread,
     * and the work does not depend on it: while any thread is able, one that is not takes none; while none is, each
     * takes what there is, for `run` to find out why. NULL: all threads are always able. */
    int64_t (*prepare)(void *context);
    void *argument;
};

/* NULL, with errno set, if a thread or the eventfd cannot be had. */
struct workers *workers_new(const struct workers_options *options);

/* Takes `work` on, or returns false at once where queue_limit pieces wait already or workers_free has begun. */
bool workers_submit(struct workers *workers, struct work *work);

/* Whether workers_submit would return false now. */
bool workers_are_full(struct workers *workers);

/* A descriptor that is readable while something is done and not yet finished: call workers_finish then. */
int workers_fd(const struct workers *workers);

/* Whether workers_finish has something to do, without asking the kernel. */
bool workers_have_finished(const struct workers *workers);

/* Calls `done` of every piece that has run. */
void workers_finish(struct workers *workers);

/* Waits until all that was submitted has run, finishes it, and ends the threads. */
void workers_free(struct workers *workers);

#endif
