/* Threads for blocking work, behind a bounded queue; work that is done comes back to the thread that submitted it. */
#include "db/common/workers.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "db/common/clock.h"

STAILQ_HEAD(work_queue, work);

struct worker {
    struct workers *workers;
    void *context;
    pthread_t thread;
    pthread_cond_t wanted;
    struct work *work; /* given to it while it was idle */
    bool is_waiting;   /* it is in `idle` if it is able, else in `unable` */
    bool is_able;
    bool has_failed; /* its last attempt to become able failed */
    SLIST_ENTRY(worker) link;
};

SLIST_HEAD(worker_list, worker);

struct workers {
    struct workers_options options;
    pthread_mutex_t lock; /* guards everything below */
    /* Last in, first out: what the last one works with, such as the database server's thread at the other end of its
     * connection, is still in the processors' caches. */
    struct worker_list idle;
    struct worker_list unable; /* threads that are not able and have nothing to do */
    size_t able_count;         /* threads that are able, idle or not */
    size_t trying_count;       /* threads that are trying to become able, each for one of the pieces that wait */
    size_t hopeful_count;      /* those of them whose last attempt did not fail */
    int64_t retry_at_us;       /* the moment (clock_us) before which another attempt is useless */
    struct work_queue waiting; /* empty while there are idle threads */
    size_t waiting_count;
    struct work_queue done;
    atomic_bool finished; /* `done` is not empty; may be read without the lock */
    bool stopping;
    int fd;
    size_t started;
    struct worker threads[];
};

/* From here to work_until_stopped the lock is held, except while a thread tries to become able, runs work or waits. */

static struct work *take_waiting(struct workers *workers) {
    struct work *work = STAILQ_FIRST(&workers->waiting);

    STAILQ_REMOVE_HEAD(&workers->waiting, link);
    workers->waiting_count--;
    return work;
}

/* Wakes the worker that came to the list last, with a piece of work or, if `work` is NULL, to look for one. */
static void wake(struct worker_list *list, struct work *work) {
    struct worker *worker = SLIST_FIRST(list);
    SLIST_REMOVE_HEAD(list, link);
    worker->is_waiting = false;
    worker->work = work;
    pthread_cond_signal(&worker->wanted);
}

static void wake_all(struct worker_list *list) {
    while (!SLIST_EMPTY(list))
        wake(list, NULL);
}

static bool nobody_is_able(const struct workers *workers) {
    return workers->able_count + workers->hopeful_count == 0;
}

/* Whether a thread should try to become able: the pause after a failure is over; or no thread is able, so that one has
 * to find out why. */
static bool is_worth_a_try(const struct workers *workers) {
    return nobody_is_able(workers) || clock_us() >= workers->retry_at_us;
}

/* Whether more pieces wait than the threads that are trying to become able will take. */
static bool is_wanted(const struct workers *workers) {
    return workers->waiting_count > workers->trying_count;
}

static void count_as_able(struct worker *worker, bool able) {
    struct workers *workers = worker->workers;

    if (able && !worker->is_able)
        workers->able_count++;
    if (!able && worker->is_able)
        workers->able_count--;
    worker->is_able = able;
    worker->has_failed = !able;
    /* If no thread is able any more, unable ones are woken, one for each piece that waits besides the one that this
     * thread takes: they run it all the same. */
    size_t taken = workers->trying_count + 1;
    for (; nobody_is_able(workers) && taken < workers->waiting_count && !SLIST_EMPTY(&workers->unable); taken++)
        wake(&workers->unable, NULL);
}

static void try_to_become_able(struct worker *worker) {
    struct workers *workers = worker->workers;
    size_t hope = worker->has_failed ? 0 : 1;

    workers->trying_count++;
    workers->hopeful_count += hope;
    pthread_mutex_unlock(&workers->lock);
    int64_t retry_at = workers->options.prepare(worker->context);
    pthread_mutex_lock(&workers->lock);
    workers->trying_count--;
    workers->hopeful_count -= hope;
    workers->retry_at_us = retry_at;
    count_as_able(worker, retry_at == 0);
}

static struct work *wait_until_woken(struct worker *worker) {
    struct worker_list *list = worker->is_able ? &worker->workers->idle : &worker->workers->unable;

    worker->is_waiting = true;
    SLIST_INSERT_HEAD(list, worker, link);
    while (worker->is_waiting)
        pthread_cond_wait(&worker->wanted, &worker->workers->lock);
    struct work *work = worker->work;
    worker->work = NULL;
    return work;
}

/* Blocks until there is a piece to run; NULL when it is time to end. */
static struct work *wait_for_work(struct worker *worker) {
    struct workers *workers = worker->workers;
    struct work *work = NULL;

    while (work == NULL) {
        if (!worker->is_able && is_wanted(workers) && is_worth_a_try(workers))
            try_to_become_able(worker);
        if (worker->is_able ? workers->waiting_count > 0 : is_wanted(workers) && nobody_is_able(workers))
            work = take_waiting(workers);
        else if (workers->stopping)
            break;
        else
            work = wait_until_woken(worker);
    }
    return work;
}

/* Runs the piece; true if it is done. If it is undone it goes to a thread that is able, if there is one. */
static bool run(struct worker *worker, struct work *work) {
    struct workers *workers = worker->workers;

    work->undone = false;
    pthread_mutex_unlock(&workers->lock);
    work->run(work, worker->context);
    pthread_mutex_lock(&workers->lock);
    if (!work->undone)
        return true;
    count_as_able(worker, false);
    if (nobody_is_able(workers))
        return true;
    if (!SLIST_EMPTY(&workers->idle)) {
        wake(&workers->idle, work);
    } else {
        /* It came before the others that wait, so it stays ahead of them. */
        STAILQ_INSERT_HEAD(&workers->waiting, work, link);
        workers->waiting_count++;
    }
    return false;
}

static void *work_until_stopped(void *argument) {
    struct worker *worker = argument;
    struct workers *workers = worker->workers;
    struct work *work;

    worker->context = workers->options.begin ? workers->options.begin(workers->options.argument) : NULL;
    pthread_mutex_lock(&workers->lock);
    if (workers->options.prepare == NULL)
        count_as_able(worker, true);
    while ((work = wait_for_work(worker)) != NULL) {
        if (!run(worker, work))
            continue;
        bool first = STAILQ_EMPTY(&workers->done);
        STAILQ_INSERT_TAIL(&workers->done, work, link);
        atomic_store_explicit(&workers->finished, true, memory_order_relaxed);
        pthread_mutex_unlock(&workers->lock);
        /* One wake-up is enough for everything that is done before workers_finish looks. */
        if (first)
            eventfd_write(workers->fd, 1);
        pthread_mutex_lock(&workers->lock);
    }
    count_as_able(worker, false);
    pthread_mutex_unlock(&workers->lock);
    if (workers->options.end)
        workers->options.end(worker->context);
    return NULL;
}

struct workers *workers_new(const struct workers_options *options) {
    sigset_t all, before;
    struct workers *workers = calloc(1, sizeof *workers + options->threads * sizeof workers->threads[0]);
    if (workers == NULL)
        return NULL;
    workers->options = *options;
    STAILQ_INIT(&workers->waiting);
    STAILQ_INIT(&workers->done);
    pthread_mutex_init(&workers->lock, NULL);
    SLIST_INIT(&workers->idle);
    SLIST_INIT(&workers->unable);
    workers->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    /* Signals are for the thread that runs the event loop. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = workers->fd < 0 ? errno : 0;
    while (error == 0 && workers->started < options->threads) {
        struct worker *worker = &workers->threads[workers->started];
        worker->workers = workers;
        pthread_cond_init(&worker->wanted, NULL);
        error = pthread_create(&worker->thread, NULL, work_until_stopped, worker);
        if (error == 0)
            workers->started++;
        else
            pthread_cond_destroy(&worker->wanted);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        workers_free(workers);
        errno = error;
        return NULL;
    }
    return workers;
}

/* The lock is held. */
static bool has_room(const struct workers *workers) {
    return !workers->stopping &&
           (!SLIST_EMPTY(&workers->idle) || workers->waiting_count < workers->options.queue_limit);
}

bool workers_are_full(struct workers *workers) {
    pthread_mutex_lock(&workers->lock);
    bool full = !has_room(workers);
    pthread_mutex_unlock(&workers->lock);
    return full;
}

bool workers_submit(struct workers *workers, struct work *work) {
    pthread_mutex_lock(&workers->lock);
    bool taken = has_room(workers);
    if (taken && !SLIST_EMPTY(&workers->idle)) {
        wake(&workers->idle, work);
    } else if (taken) {
        STAILQ_INSERT_TAIL(&workers->waiting, work, link);
        workers->waiting_count++;
        if (!SLIST_EMPTY(&workers->unable) && is_worth_a_try(workers))
            wake(&workers->unable, NULL);
    }
    pthread_mutex_unlock(&workers->lock);
    return taken;
}

int workers_fd(const struct workers *workers) {
    return workers->fd;
}

bool workers_have_finished(const struct workers *workers) {
    return atomic_load_explicit(&workers->finished, memory_order_relaxed);
}

void workers_finish(struct workers *workers) {
    struct work_queue done = STAILQ_HEAD_INITIALIZER(done);
    struct work *work;
    eventfd_t count;

    /* The eventfd is reset before the list is taken, so that whatever is done afterwards sets it again. */
    eventfd_read(workers->fd, &count);
    pthread_mutex_lock(&workers->lock);
    STAILQ_CONCAT(&done, &workers->done);
    atomic_store_explicit(&workers->finished, false, memory_order_relaxed);
    pthread_mutex_unlock(&workers->lock);
    while ((work = STAILQ_FIRST(&done)) != NULL) {
        /* Taken off first, because `done` may free the piece or submit it again. */
        STAILQ_REMOVE_HEAD(&done, link);
        work->done(work);
    }
}

void workers_free(struct workers *workers) {
    if (workers == NULL)
        return;
    pthread_mutex_lock(&workers->lock);
    workers->stopping = true;
    wake_all(&workers->idle);
    wake_all(&workers->unable);
    pthread_mutex_unlock(&workers->lock);
    for (size_t i = 0; i < workers->started; i++) {
        pthread_join(workers->threads[i].thread, NULL);
        pthread_cond_destroy(&workers->threads[i].wanted);
    }
    if (workers->fd >= 0) {
        workers_finish(workers);
        close(workers->fd);
    }
    pthread_mutex_destroy(&workers->lock);
    free(workers);
}
