/* Pieces of work for worker threads, each of which notes where and when it ran. */
#ifndef EVENTHUB_TESTS_PIECES_H
#define EVENTHUB_TESTS_PIECES_H

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "db/common/workers.h"
#include "tests/unit/unit.h"

enum { PATIENCE_MS = 30000 };

/* What one thread knows of itself: the context that `run` gets. */
struct thread {
    size_t ran;
    size_t finished; /* of what it ran; the finishing thread's */
};

static struct {
    struct thread threads[16];
    atomic_size_t begun;
    atomic_size_t ended;
} crew;

static inline void *begin(void *argument) {
    return argument == &crew ? &crew.threads[atomic_fetch_add(&crew.begun, 1)] : NULL;
}

static inline void end(void *context) {
    atomic_fetch_add(&crew.ended, 1);
}

struct piece {
    struct work work;
    unsigned runs;
    unsigned finishes;
    struct thread *thread; /* that ran it, as its number `turn` */
    size_t turn;
    pthread_t ran_on;
    pthread_t finished_on;
};

static size_t finished;

static inline void run(struct work *work, void *context) {
    struct piece *piece = (struct piece *)work;
    piece->runs++;
    piece->ran_on = pthread_self();
    piece->thread = context;
    if (piece->thread != NULL)
        piece->turn = piece->thread->ran++;
}

static inline void done(struct work *work) {
    struct piece *piece = (struct piece *)work;
    piece->finishes++;
    piece->finished_on = pthread_self();
    finished++;
    if (piece->thread != NULL)
        assert_int_equal(piece->turn, piece->thread->finished++);
}

static inline struct workers *start(size_t threads, size_t queue_limit) {
    memset(&crew, 0, sizeof crew);
    finished = 0;
    const struct workers_options options = {
        .threads = threads, .queue_limit = queue_limit, .begin = begin, .end = end, .argument = &crew};
    struct workers *workers = workers_new(&options);
    assert_non_null(workers);
    return workers;
}

static inline bool is_readable(const struct workers *workers, int wait_ms) {
    struct pollfd fd = {.fd = workers_fd(workers), .events = POLLIN};
    return poll(&fd, 1, wait_ms) == 1;
}

static inline void finish_some(struct workers *workers) {
    assert_true(is_readable(workers, PATIENCE_MS));
    workers_finish(workers);
}

static inline void finish_until(struct workers *workers, size_t count) {
    while (finished < count)
        finish_some(workers);
}

static inline struct piece *new_pieces(size_t count) {
    struct piece *pieces = calloc(count, sizeof *pieces);
    assert_non_null(pieces);
    for (size_t i = 0; i < count; i++)
        pieces[i].work = (struct work){.run = run, .done = done};
    return pieces;
}

static inline void assert_each_once(const struct piece *pieces, size_t count) {
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(pieces[i].runs, 1);
        assert_int_equal(pieces[i].finishes, 1);
        assert_true(pthread_equal(pieces[i].finished_on, pthread_self()));
        assert_false(pthread_equal(pieces[i].ran_on, pthread_self()));
    }
}

/* Pieces that wait to be let go. */
static sem_t entered, leave;

static inline void run_until_let_go(struct work *work, void *context) {
    sem_post(&entered);
    while (sem_wait(&leave) != 0)
        continue;
    run(work, context);
}

static inline void wait_until_entered(void) {
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += PATIENCE_MS / 1000;
    assert_int_equal(sem_timedwait(&entered, &deadline), 0);
}

static inline int make_gate(void **state) {
    return sem_init(&entered, 0, 0) != 0 || sem_init(&leave, 0, 0) != 0;
}

static inline int remove_gate(void **state) {
    return sem_destroy(&entered) != 0 || sem_destroy(&leave) != 0;
}

#endif
