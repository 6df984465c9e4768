/* Threads for work that blocks, behind a bounded queue; what is done comes back to the thread that asked. */
#include "workers.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

struct queue {
    struct work *first;
    struct work **end; /* where the next one is linked */
};

struct worker {
    struct workers *workers;
    pthread_t thread;
    pthread_cond_t wanted;
    struct work *work; /* handed to it while it was idle */
    bool is_idle;
    SLIST_ENTRY(worker) link; /* in `idle` */
};

struct workers {
    struct workers_options options;
    pthread_mutex_t lock; /* guards everything below */
    /* The last to become idle is the first to be woken: what it works with, be it a database server's thread at the
     * other end of its connection, is still in the processors' caches. */
    SLIST_HEAD(, worker) idle;
    struct queue waiting; /* empty while there are idle threads */
    size_t waiting_count;
    struct queue done;
    atomic_bool finished; /* something is in `done`; to be read without the lock */
    bool stopping;
    int fd;
    size_t started;
    struct worker threads[];
};

static void queue_put(struct queue *queue, struct work *work) {
    work->next = NULL;
    *queue->end = work;
    queue->end = &work->next;
}

static struct work *queue_take(struct queue *queue) {
    struct work *work = queue->first;
    queue->first = work->next;
    if (queue->first == NULL)
        queue->end = &queue->first;
    return work;
}

/* Blocks until there is something to run; NULL when it is time to end. */
static struct work *wait_for_work(struct worker *worker) {
    struct workers *workers = worker->workers;
    struct work *work = NULL;

    pthread_mutex_lock(&workers->lock);
    if (workers->waiting.first != NULL) {
        work = queue_take(&workers->waiting);
        workers->waiting_count--;
    } else if (!workers->stopping) {
        worker->is_idle = true;
        SLIST_INSERT_HEAD(&workers->idle, worker, link);
        while (worker->is_idle)
            pthread_cond_wait(&worker->wanted, &workers->lock);
        work = worker->work;
        worker->work = NULL;
    }
    pthread_mutex_unlock(&workers->lock);
    return work;
}

/* Ends the wait of the last that became idle, by a piece of work or, with NULL, for good. The lock is held. */
static void wake(struct workers *workers, struct work *work) {
    struct worker *worker = SLIST_FIRST(&workers->idle);
    SLIST_REMOVE_HEAD(&workers->idle, link);
    worker->is_idle = false;
    worker->work = work;
    pthread_cond_signal(&worker->wanted);
}

static void *work_until_stopped(void *argument) {
    struct worker *worker = argument;
    struct workers *workers = worker->workers;
    void *context = workers->options.begin ? workers->options.begin(workers->options.argument) : NULL;
    struct work *work;

    while ((work = wait_for_work(worker)) != NULL) {
        work->run(work, context);
        pthread_mutex_lock(&workers->lock);
        bool first = workers->done.first == NULL;
        queue_put(&workers->done, work);
        atomic_store_explicit(&workers->finished, true, memory_order_relaxed);
        pthread_mutex_unlock(&workers->lock);
        /* One wake-up is enough for all that is done before workers_finish looks. */
        if (first)
            eventfd_write(workers->fd, 1);
    }
    if (workers->options.end)
        workers->options.end(context);
    return NULL;
}

struct workers *workers_new(const struct workers_options *options) {
    sigset_t all, before;
    struct workers *workers = calloc(1, sizeof *workers + options->threads * sizeof workers->threads[0]);
    if (workers == NULL)
        return NULL;
    workers->options = *options;
    workers->waiting.end = &workers->waiting.first;
    workers->done.end = &workers->done.first;
    pthread_mutex_init(&workers->lock, NULL);
    SLIST_INIT(&workers->idle);
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
        wake(workers, work);
    } else if (taken) {
        queue_put(&workers->waiting, work);
        workers->waiting_count++;
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
    eventfd_t count;

    /* Before the list is taken: what is done after that announces itself anew. */
    eventfd_read(workers->fd, &count);
    pthread_mutex_lock(&workers->lock);
    struct work *work = workers->done.first;
    workers->done.first = NULL;
    workers->done.end = &workers->done.first;
    atomic_store_explicit(&workers->finished, false, memory_order_relaxed);
    pthread_mutex_unlock(&workers->lock);
    while (work != NULL) {
        /* `done` may free the piece or submit it again. */
        struct work *next = work->next;
        work->done(work);
        work = next;
    }
}

void workers_free(struct workers *workers) {
    if (workers == NULL)
        return;
    pthread_mutex_lock(&workers->lock);
    workers->stopping = true;
    while (!SLIST_EMPTY(&workers->idle))
        wake(workers, NULL);
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
