/* Threads for work that blocks, behind a bounded queue; what is done comes back to the thread that asked. */
#include "workers.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
    struct work *first;
    struct work **end; /* where the next one is linked */
};

struct workers {
    struct workers_options options;
    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t wanted;
    struct queue waiting;
    size_t waiting_count;
    size_t idle; /* threads in wait_for_work: as many waiting pieces are as good as running */
    struct queue done;
    atomic_bool finished; /* something is in `done`; to be read without the lock */
    bool stopping;
    int fd;
    size_t started;
    pthread_t threads[];
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
static struct work *wait_for_work(struct workers *workers) {
    struct work *work = NULL;

    pthread_mutex_lock(&workers->lock);
    while (workers->waiting.first == NULL && !workers->stopping) {
        workers->idle++;
        pthread_cond_wait(&workers->wanted, &workers->lock);
        workers->idle--;
    }
    if (workers->waiting.first != NULL) {
        work = queue_take(&workers->waiting);
        workers->waiting_count--;
    }
    pthread_mutex_unlock(&workers->lock);
    return work;
}

static void *work_until_stopped(void *argument) {
    struct workers *workers = argument;
    void *context = workers->options.begin ? workers->options.begin(workers->options.argument) : NULL;
    struct work *work;

    while ((work = wait_for_work(workers)) != NULL) {
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
    pthread_cond_init(&workers->wanted, NULL);
    workers->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    /* Signals are for the thread that runs the event loop. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = workers->fd < 0 ? errno : 0;
    while (error == 0 && workers->started < options->threads) {
        error = pthread_create(&workers->threads[workers->started], NULL, work_until_stopped, workers);
        if (error == 0)
            workers->started++;
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
    return !workers->stopping && workers->waiting_count < workers->options.queue_limit + workers->idle;
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
    if (taken) {
        queue_put(&workers->waiting, work);
        workers->waiting_count++;
        pthread_cond_signal(&workers->wanted);
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
    pthread_cond_broadcast(&workers->wanted);
    pthread_mutex_unlock(&workers->lock);
    for (size_t i = 0; i < workers->started; i++)
        pthread_join(workers->threads[i], NULL);
    if (workers->fd >= 0) {
        workers_finish(workers);
        close(workers->fd);
    }
    pthread_cond_destroy(&workers->wanted);
    pthread_mutex_destroy(&workers->lock);
    free(workers);
}
