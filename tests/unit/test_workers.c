/* Worker threads: every piece runs once and comes back in order, the queue has its bound, and nothing is lost. */
#include "db/common/workers.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>

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

static void *begin(void *argument) {
    return argument == &crew ? &crew.threads[atomic_fetch_add(&crew.begun, 1)] : NULL;
}

static void end(void *context) {
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

static void run(struct work *work, void *context) {
    struct piece *piece = (struct piece *)work;
    piece->runs++;
    piece->ran_on = pthread_self();
    piece->thread = context;
    if (piece->thread != NULL)
        piece->turn = piece->thread->ran++;
}

static void done(struct work *work) {
    struct piece *piece = (struct piece *)work;
    piece->finishes++;
    piece->finished_on = pthread_self();
    finished++;
    if (piece->thread != NULL)
        assert_int_equal(piece->turn, piece->thread->finished++);
}

static struct workers *start(size_t threads, size_t queue_limit) {
    memset(&crew, 0, sizeof crew);
    finished = 0;
    const struct workers_options options = {
        .threads = threads, .queue_limit = queue_limit, .begin = begin, .end = end, .argument = &crew};
    struct workers *workers = workers_new(&options);
    assert_non_null(workers);
    return workers;
}

static bool is_readable(const struct workers *workers, int wait_ms) {
    struct pollfd fd = {.fd = workers_fd(workers), .events = POLLIN};
    return poll(&fd, 1, wait_ms) == 1;
}

static void finish_some(struct workers *workers) {
    assert_true(is_readable(workers, PATIENCE_MS));
    workers_finish(workers);
}

static void finish_until(struct workers *workers, size_t count) {
    while (finished < count)
        finish_some(workers);
}

static struct piece *new_pieces(size_t count) {
    struct piece *pieces = calloc(count, sizeof *pieces);
    assert_non_null(pieces);
    for (size_t i = 0; i < count; i++)
        pieces[i].work = (struct work){.run = run, .done = done};
    return pieces;
}

static void assert_each_once(const struct piece *pieces, size_t count) {
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(pieces[i].runs, 1);
        assert_int_equal(pieces[i].finishes, 1);
        assert_true(pthread_equal(pieces[i].finished_on, pthread_self()));
        assert_false(pthread_equal(pieces[i].ran_on, pthread_self()));
    }
}

/* Pieces that wait to be let go. */
static sem_t entered, leave;

static void run_until_let_go(struct work *work, void *context) {
    sem_post(&entered);
    while (sem_wait(&leave) != 0)
        continue;
    run(work, context);
}

static void wait_until_entered(void) {
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += PATIENCE_MS / 1000;
    assert_int_equal(sem_timedwait(&entered, &deadline), 0);
}

static int make_gate(void **state) {
    return sem_init(&entered, 0, 0) != 0 || sem_init(&leave, 0, 0) != 0;
}

static int remove_gate(void **state) {
    return sem_destroy(&entered) != 0 || sem_destroy(&leave) != 0;
}

static void new_workers_have_nothing_to_finish(void **state) {
    struct workers *workers = start(2, 4);
    assert_false(is_readable(workers, 0));
    workers_finish(workers);
    assert_int_equal(finished, 0);
    workers_free(workers);
    assert_int_equal(crew.begun, 2);
    assert_int_equal(crew.ended, 2);
}

static void free_of_null_does_nothing(void **state) {
    workers_free(NULL);
}

static void piece_runs_elsewhere_and_finishes_here(void **state) {
    struct workers *workers = start(1, 1);
    struct piece *piece = new_pieces(1);
    assert_true(workers_submit(workers, &piece->work));
    finish_some(workers);
    assert_each_once(piece, 1);
    assert_ptr_equal(piece->thread, &crew.threads[0]);
    assert_false(is_readable(workers, 0));
    workers_free(workers);
    assert_int_equal(finished, 1);
    free(piece);
}

static void done_waits_for_finish(void **state) {
    struct workers *workers = start(1, 1);
    struct piece *piece = new_pieces(1);
    assert_true(workers_submit(workers, &piece->work));
    assert_true(is_readable(workers, PATIENCE_MS));
    assert_int_equal(piece->finishes, 0);
    assert_true(is_readable(workers, 0));
    workers_finish(workers);
    assert_int_equal(piece->finishes, 1);
    workers_free(workers);
    free(piece);
}

static void thread_without_begin_gets_no_context(void **state) {
    const struct workers_options options = {.threads = 1, .queue_limit = 1};
    struct workers *workers = workers_new(&options);
    struct piece *piece = new_pieces(1);
    assert_non_null(workers);
    assert_true(workers_submit(workers, &piece->work));
    finish_some(workers);
    assert_int_equal(piece->runs, 1);
    assert_null(piece->thread);
    workers_free(workers);
    free(piece);
}

static void one_thread_keeps_the_order_of_submission(void **state) {
    enum { PIECES = 1000 };
    struct workers *workers = start(1, PIECES);
    struct piece *pieces = new_pieces(PIECES);
    for (size_t i = 0; i < PIECES; i++)
        assert_true(workers_submit(workers, &pieces[i].work));
    finish_until(workers, PIECES);
    assert_each_once(pieces, PIECES);
    for (size_t i = 0; i < PIECES; i++)
        assert_int_equal(pieces[i].turn, i);
    workers_free(workers);
    free(pieces);
}

static void full_queue_refuses_at_once(void **state) {
    static const size_t limits[] = {1, 2, 7};
    for (size_t i = 0; i < COUNT(limits); i++) {
        struct workers *workers = start(1, limits[i]);
        struct piece *pieces = new_pieces(1 + limits[i] + 1);
        for (size_t k = 0; k < 1 + limits[i] + 1; k++)
            pieces[k].work.run = run_until_let_go;
        assert_true(workers_submit(workers, &pieces[0].work));
        wait_until_entered();
        for (size_t k = 1; k <= limits[i]; k++)
            assert_true(workers_submit(workers, &pieces[k].work));
        assert_false(workers_submit(workers, &pieces[limits[i] + 1].work));
        assert_false(workers_submit(workers, &pieces[limits[i] + 1].work));

        /* One leaves and one takes its place: there is room for one again. */
        sem_post(&leave);
        wait_until_entered();
        assert_true(workers_submit(workers, &pieces[limits[i] + 1].work));
        for (size_t k = 0; k < limits[i] + 1; k++)
            sem_post(&leave);
        finish_until(workers, 1 + limits[i] + 1);
        assert_each_once(pieces, 1 + limits[i] + 1);
        workers_free(workers);
        free(pieces);
        while (sem_trywait(&entered) == 0)
            continue;
    }
}

static bool submit_patiently(struct workers *workers, struct work *work) {
    for (int i = 0; i < PATIENCE_MS; i++) {
        if (workers_submit(workers, work))
            return true;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return false;
}

static void idle_thread_takes_work_without_a_queue(void **state) {
    struct workers *workers = start(2, 0);
    struct piece *pieces = new_pieces(3);
    for (size_t i = 0; i < 3; i++)
        pieces[i].work.run = run_until_let_go;
    /* A new thread is idle only when it has come to wait. */
    assert_true(submit_patiently(workers, &pieces[0].work));
    assert_true(submit_patiently(workers, &pieces[1].work));
    assert_false(workers_submit(workers, &pieces[2].work));
    wait_until_entered();
    wait_until_entered();
    assert_false(workers_submit(workers, &pieces[2].work));
    sem_post(&leave);
    finish_until(workers, 1);
    assert_true(submit_patiently(workers, &pieces[2].work));
    sem_post(&leave);
    sem_post(&leave);
    finish_until(workers, 3);
    assert_each_once(pieces, 3);
    workers_free(workers);
    free(pieces);
}

static struct workers *resubmit_to;

static void last_to_become_idle_is_first_to_be_woken(void **state) {
    enum { PIECES = 40 };
    struct workers *workers = start(4, PIECES);
    struct piece *pieces = new_pieces(PIECES);
    size_t repeated = 0;
    for (size_t i = 0; i < PIECES; i++) {
        assert_true(workers_submit(workers, &pieces[i].work));
        finish_until(workers, i + 1);
        repeated += i > 0 && pieces[i].thread == pieces[i - 1].thread;
        /* Time to become idle, which on a busy machine may now and then be too short. */
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    assert_true(repeated > PIECES / 2);
    workers_free(workers);
    free(pieces);
}

static void done_and_again(struct work *work) {
    struct piece *piece = (struct piece *)work;
    done(work);
    if (piece->finishes < 1000)
        assert_true(workers_submit(resubmit_to, work));
}

static void piece_may_be_submitted_again_by_done(void **state) {
    resubmit_to = start(2, 1);
    struct piece *piece = new_pieces(1);
    piece->work.done = done_and_again;
    assert_true(workers_submit(resubmit_to, &piece->work));
    finish_until(resubmit_to, 1000);
    assert_int_equal(piece->runs, 1000);
    assert_int_equal(piece->finishes, 1000);
    workers_free(resubmit_to);
    free(piece);
}

static void done_and_freed(struct work *work) {
    done(work);
    free(work);
}

static void piece_may_be_freed_by_done(void **state) {
    struct workers *workers = start(2, 100);
    for (size_t i = 0; i < 100; i++) {
        struct piece *piece = new_pieces(1);
        piece->work.done = done_and_freed;
        assert_true(workers_submit(workers, &piece->work));
    }
    finish_until(workers, 100);
    workers_free(workers);
}

static void free_runs_and_finishes_what_waits(void **state) {
    enum { PIECES = 200 };
    struct workers *workers = start(3, PIECES);
    struct piece *pieces = new_pieces(PIECES);
    for (size_t i = 0; i < PIECES; i++)
        assert_true(workers_submit(workers, &pieces[i].work));
    workers_free(workers);
    assert_each_once(pieces, PIECES);
    assert_int_equal(finished, PIECES);
    assert_int_equal(crew.ended, 3);
    free(pieces);
}

static void *let_go_later(void *argument) {
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    for (size_t i = 0; i < 5; i++)
        sem_post(&leave);
    return NULL;
}

static void free_waits_for_what_runs(void **state) {
    struct workers *workers = start(1, 4);
    struct piece *pieces = new_pieces(5);
    pthread_t helper;
    for (size_t i = 0; i < 5; i++)
        pieces[i].work.run = run_until_let_go;
    assert_true(workers_submit(workers, &pieces[0].work));
    wait_until_entered();
    for (size_t i = 1; i < 5; i++)
        assert_true(workers_submit(workers, &pieces[i].work));
    assert_int_equal(pthread_create(&helper, NULL, let_go_later, NULL), 0);
    workers_free(workers);
    assert_each_once(pieces, 5);
    pthread_join(helper, NULL);
    free(pieces);
}

static sigset_t mask_of_worker;

static void run_and_note_signals(struct work *work, void *context) {
    pthread_sigmask(SIG_BLOCK, NULL, &mask_of_worker);
    run(work, context);
}

static void signals_are_left_to_the_caller(void **state) {
    sigset_t before, after;
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    struct workers *workers = start(1, 1);
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    struct piece *piece = new_pieces(1);
    piece->work.run = run_and_note_signals;
    assert_true(workers_submit(workers, &piece->work));
    finish_some(workers);
    workers_free(workers);
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGALRM};
    for (size_t i = 0; i < COUNT(signals); i++) {
        assert_int_equal(sigismember(&mask_of_worker, signals[i]), 1);
        assert_int_equal(sigismember(&after, signals[i]), sigismember(&before, signals[i]));
    }
    free(piece);
}

static void missing_descriptor_gives_null(void **state) {
    const struct workers_options options = {.threads = 1, .queue_limit = 1};
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    errno = 0;
    struct workers *workers = workers_new(&options);
    int error = errno;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_null(workers);
    assert_int_equal(error, EMFILE);
}

static void missing_thread_gives_null(void **state) {
    const struct workers_options options = {.threads = 3, .queue_limit = 1};
    pthread_attr_t before, huge;
    assert_int_equal(pthread_getattr_default_np(&before), 0);
    assert_int_equal(pthread_getattr_default_np(&huge), 0);
    assert_int_equal(pthread_attr_setstacksize(&huge, (size_t)1 << 50), 0); /* more than there are addresses */
    assert_int_equal(pthread_setattr_default_np(&huge), 0);
    errno = 0;
    struct workers *workers = workers_new(&options);
    int error = errno;
    assert_int_equal(pthread_setattr_default_np(&before), 0);
    pthread_attr_destroy(&before);
    pthread_attr_destroy(&huge);
    assert_null(workers);
    assert_true(error == EAGAIN || error == ENOMEM);
}

static void many_threads_lose_and_repeat_nothing(void **state) {
    enum { THREADS = 12, PIECES = 20000, QUEUE = 64 };
    struct workers *workers = start(THREADS, QUEUE);
    struct piece *pieces = new_pieces(PIECES);
    for (size_t submitted = 0; submitted < PIECES;) {
        if (workers_submit(workers, &pieces[submitted].work))
            submitted++;
        else
            finish_some(workers);
    }
    finish_until(workers, PIECES);
    assert_each_once(pieces, PIECES);
    workers_free(workers);
    assert_int_equal(finished, PIECES);
    size_t ran = 0;
    for (size_t i = 0; i < THREADS; i++)
        ran += crew.threads[i].ran;
    assert_int_equal(ran, PIECES);
    free(pieces);
}

struct submitter {
    struct workers *workers;
    struct piece *pieces;
    size_t count;
    pthread_t thread;
};

static void *submit_all(void *argument) {
    struct submitter *submitter = argument;
    for (size_t i = 0; i < submitter->count; i++) {
        while (!workers_submit(submitter->workers, &submitter->pieces[i].work))
            sched_yield();
    }
    return NULL;
}

static void several_threads_may_submit(void **state) {
    enum { SUBMITTERS = 4, PIECES = 3000 };
    struct workers *workers = start(4, 16);
    struct submitter submitters[SUBMITTERS];
    for (size_t i = 0; i < SUBMITTERS; i++) {
        submitters[i] = (struct submitter){.workers = workers, .pieces = new_pieces(PIECES), .count = PIECES};
        assert_int_equal(pthread_create(&submitters[i].thread, NULL, submit_all, &submitters[i]), 0);
    }
    finish_until(workers, SUBMITTERS * PIECES);
    for (size_t i = 0; i < SUBMITTERS; i++) {
        pthread_join(submitters[i].thread, NULL);
        assert_each_once(submitters[i].pieces, PIECES);
        free(submitters[i].pieces);
    }
    workers_free(workers);
}

static struct piece *second;
static bool second_was_taken;

static void done_and_another(struct work *work) {
    done(work);
    second_was_taken = workers_submit(resubmit_to, &second->work);
}

static void what_is_submitted_while_freeing_is_refused_or_run(void **state) {
    resubmit_to = start(1, 1);
    struct piece *pieces = new_pieces(2);
    pieces[0].work.done = done_and_another;
    second = &pieces[1];
    second_was_taken = false;
    assert_true(workers_submit(resubmit_to, &pieces[0].work));
    workers_free(resubmit_to);
    unsigned wanted = second_was_taken ? 1 : 0, runs = second->runs, finishes = second->finishes;
    free(pieces);
    assert_int_equal(runs, wanted);
    assert_int_equal(finishes, wanted);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_workers_have_nothing_to_finish),
        cmocka_unit_test(free_of_null_does_nothing),
        cmocka_unit_test(piece_runs_elsewhere_and_finishes_here),
        cmocka_unit_test(done_waits_for_finish),
        cmocka_unit_test(thread_without_begin_gets_no_context),
        cmocka_unit_test(one_thread_keeps_the_order_of_submission),
        cmocka_unit_test_setup_teardown(full_queue_refuses_at_once, make_gate, remove_gate),
        cmocka_unit_test_setup_teardown(idle_thread_takes_work_without_a_queue, make_gate, remove_gate),
        cmocka_unit_test(last_to_become_idle_is_first_to_be_woken),
        cmocka_unit_test(piece_may_be_submitted_again_by_done),
        cmocka_unit_test(piece_may_be_freed_by_done),
        cmocka_unit_test(free_runs_and_finishes_what_waits),
        cmocka_unit_test_setup_teardown(free_waits_for_what_runs, make_gate, remove_gate),
        cmocka_unit_test(signals_are_left_to_the_caller),
        cmocka_unit_test(missing_descriptor_gives_null),
        cmocka_unit_test(missing_thread_gives_null),
        cmocka_unit_test(many_threads_lose_and_repeat_nothing),
        cmocka_unit_test(several_threads_may_submit),
        cmocka_unit_test(what_is_submitted_while_freeing_is_refused_or_run),
    };
    alarm(300); /* whoever waits for a piece that is lost shall not wait for ever */
    return cmocka_run_group_tests_name("workers", tests, NULL, NULL);
}
