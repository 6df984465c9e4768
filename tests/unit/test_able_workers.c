/* Worker threads that may be unable to work: they take nothing while another one is able, and nothing waits for them.
 */
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "db/common/clock.h"
#include "db/common/workers.h"
#include "tests/unit/unit.h"

enum { THREADS = 4, PATIENCE_MS = 30000 };

/* The world in which threads are able or not. */
static struct {
    atomic_int allowed; /* how many threads may be able at once */
    atomic_int able;    /* how many are */
    atomic_int attempts;
    atomic_llong pause_us; /* what an attempt in vain asks for */
    sem_t entered, leave;  /* for pieces that wait to be let go */
} world;

static bool is_able[THREADS];
static atomic_int begun;

static void *begin(void *argument) {
    return &is_able[atomic_fetch_add(&begun, 1)];
}

static int64_t prepare(void *context) {
    bool *able = context;

    atomic_fetch_add(&world.attempts, 1);
    for (int others = atomic_load(&world.able); others < atomic_load(&world.allowed);) {
        if (atomic_compare_exchange_weak(&world.able, &others, others + 1)) {
            *able = true;
            return 0;
        }
    }
    return clock_us() + atomic_load(&world.pause_us);
}

/* Of several threads that ask at once, only as many are told so as there are too many. */
static bool is_one_too_many(void) {
    for (int able = atomic_load(&world.able); able > atomic_load(&world.allowed);) {
        if (atomic_compare_exchange_weak(&world.able, &able, able - 1))
            return true;
    }
    return false;
}

struct piece {
    struct work work;
    atomic_int runs;
    bool in_vain; /* by a thread that was not able */
    int finishes;
};

static int finished;

static void run(struct work *work, void *context) {
    struct piece *piece = (struct piece *)work;
    bool *able = context;

    piece->runs++;
    if (*able && is_one_too_many())
        *able = false;
    piece->in_vain = !*able;
    work->undone = !*able;
}

static void run_until_let_go(struct work *work, void *context) {
    sem_post(&world.entered);
    while (sem_wait(&world.leave) != 0)
        continue;
    run(work, context);
}

static void done(struct work *work) {
    ((struct piece *)work)->finishes++;
    finished++;
}

static struct workers *start(int allowed, int64_t pause_us) {
    const struct workers_options options = {
        .threads = THREADS, .queue_limit = 1000, .begin = begin, .prepare = prepare};

    memset(is_able, 0, sizeof is_able);
    finished = 0;
    begun = 0;
    world.allowed = allowed;
    world.able = 0;
    world.attempts = 0;
    world.pause_us = pause_us;
    struct workers *workers = workers_new(&options);
    assert_non_null(workers);
    return workers;
}

static void finish_until(struct workers *workers, int count) {
    while (finished < count) {
        struct pollfd fd = {.fd = workers_fd(workers), .events = POLLIN};
        assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
        workers_finish(workers);
    }
}

static struct piece *submit(struct workers *workers, size_t count, void (*how)(struct work *, void *)) {
    struct piece *pieces = calloc(count, sizeof *pieces);
    assert_non_null(pieces);
    for (size_t i = 0; i < count; i++) {
        pieces[i].work = (struct work){.run = how, .done = done};
        assert_true(workers_submit(workers, &pieces[i].work));
    }
    return pieces;
}

static size_t in_vain(struct piece *pieces, size_t count) {
    size_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(pieces[i].finishes, 1);
        sum += pieces[i].in_vain;
    }
    free(pieces);
    return sum;
}

static void wait_until_entered(void) {
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += PATIENCE_MS / 1000;
    assert_int_equal(sem_timedwait(&world.entered, &deadline), 0);
}

static int make_gate(void **state) {
    return sem_init(&world.entered, 0, 0) != 0 || sem_init(&world.leave, 0, 0) != 0;
}

static int remove_gate(void **state) {
    return sem_destroy(&world.entered) != 0 || sem_destroy(&world.leave) != 0;
}

static void thread_becomes_able_when_it_is_needed(void **state) {
    struct workers *workers = start(THREADS, 0);
    for (int round = 1; round <= 3; round++) {
        struct piece *piece = submit(workers, 1, run);
        finish_until(workers, round);
        assert_int_equal(in_vain(piece, 1), 0);
    }
    assert_true(world.attempts >= 1 && world.attempts <= 3);
    struct piece *pieces = submit(workers, THREADS, run_until_let_go);
    for (int i = 0; i < THREADS; i++)
        wait_until_entered();
    assert_int_equal(world.able, THREADS);
    for (int i = 0; i < THREADS; i++)
        sem_post(&world.leave);
    finish_until(workers, 3 + THREADS);
    assert_int_equal(in_vain(pieces, THREADS), 0);
    workers_free(workers);
}

static void work_waits_for_the_one_that_is_able(void **state) {
    struct workers *workers = start(1, 0);
    struct piece *first = submit(workers, 1, run_until_let_go);
    wait_until_entered();
    struct piece *others = submit(workers, 100, run);
    sem_post(&world.leave);
    finish_until(workers, 101);
    assert_int_equal(in_vain(first, 1), 0);
    assert_int_equal(in_vain(others, 100), 0);
    workers_free(workers);
}

static void all_that_begin_at_once_are_done_by_those_that_can(void **state) {
    for (int round = 0; round < 200; round++) {
        struct workers *workers = start(1 + round % 2, 1000000);
        struct piece *pieces = submit(workers, 50, run);
        finish_until(workers, 50);
        assert_int_equal(in_vain(pieces, 50), 0);
        workers_free(workers);
    }
}

static void attempts_have_their_pace(void **state) {
    struct workers *workers = start(1, 3600LL * 1000000);
    struct piece *first = submit(workers, 1, run_until_let_go);
    wait_until_entered();
    struct piece *others = submit(workers, 500, run);
    sem_post(&world.leave);
    finish_until(workers, 501);
    assert_true(world.attempts <= THREADS);
    assert_int_equal(in_vain(first, 1) + in_vain(others, 500), 0);
    workers_free(workers);
}

static void thread_becomes_able_later(void **state) {
    struct workers *workers = start(1, 0);
    struct piece *first = submit(workers, 1, run_until_let_go), *second = submit(workers, 1, run_until_let_go);
    wait_until_entered();
    world.allowed = 2;
    struct piece *third = submit(workers, 1, run);
    /* Which takes a thread that was not able. */
    wait_until_entered();
    sem_post(&world.leave);
    sem_post(&world.leave);
    finish_until(workers, 3);
    assert_int_equal(in_vain(first, 1) + in_vain(second, 1) + in_vain(third, 1), 0);
    workers_free(workers);
}

static void where_nobody_is_able_all_is_done_at_once(void **state) {
    struct workers *workers = start(0, 3600LL * 1000000);
    struct piece *pieces = submit(workers, 200, run);
    finish_until(workers, 200);
    assert_int_equal(in_vain(pieces, 200), 200);
    /* And each finds out anew. */
    world.allowed = 1;
    pieces = submit(workers, 1, run);
    finish_until(workers, 201);
    assert_int_equal(in_vain(pieces, 1), 0);
    workers_free(workers);
}

static void undone_work_is_handed_on(void **state) {
    struct workers *workers = start(2, 3600LL * 1000000);
    struct piece *first = submit(workers, 2, run_until_let_go);
    wait_until_entered();
    wait_until_entered();
    world.allowed = 1;
    struct piece *others = submit(workers, 100, run);
    /* One of them begins twice. */
    for (int i = 0; i < 3; i++)
        sem_post(&world.leave);
    finish_until(workers, 102);
    assert_true(first[0].runs + first[1].runs == 3);
    assert_int_equal(in_vain(first, 2) + in_vain(others, 100), 0);
    world.allowed = 0;
    others = submit(workers, 50, run);
    finish_until(workers, 152);
    assert_int_equal(in_vain(others, 50), 50);
    workers_free(workers);
}

static void what_waits_at_the_end_is_run(void **state) {
    for (int allowed = 0; allowed <= 2; allowed++) {
        for (int round = 0; round < 50; round++) {
            struct workers *workers = start(allowed, 3600LL * 1000000);
            struct piece *pieces = submit(workers, 60, run);
            workers_free(workers);
            assert_int_equal(finished, 60);
            assert_int_equal(in_vain(pieces, 60), allowed > 0 ? 0 : 60);
        }
    }
}

/* The end falls together with the loss of one thread after the other. */
static void end_loses_nothing_while_threads_become_unable(void **state) {
    for (int round = 0; round < 100; round++) {
        struct workers *workers = start(THREADS, 0);
        struct piece *pieces = submit(workers, 100, run);
        world.allowed = round % THREADS;
        workers_free(workers);
        assert_int_equal(finished, 100);
        in_vain(pieces, 100);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(thread_becomes_able_when_it_is_needed, make_gate, remove_gate),
        cmocka_unit_test_setup_teardown(work_waits_for_the_one_that_is_able, make_gate, remove_gate),
        cmocka_unit_test(all_that_begin_at_once_are_done_by_those_that_can),
        cmocka_unit_test_setup_teardown(attempts_have_their_pace, make_gate, remove_gate),
        cmocka_unit_test_setup_teardown(thread_becomes_able_later, make_gate, remove_gate),
        cmocka_unit_test(where_nobody_is_able_all_is_done_at_once),
        cmocka_unit_test_setup_teardown(undone_work_is_handed_on, make_gate, remove_gate),
        cmocka_unit_test(what_waits_at_the_end_is_run),
        cmocka_unit_test(end_loses_nothing_while_threads_become_unable),
    };
    return cmocka_run_group_tests_name("able workers", tests, NULL, NULL);
}
