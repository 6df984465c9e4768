/* Worker threads: their end, and what goes wrong; nothing is lost, whoever submits and however many there are. */
#include "db/common/workers.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "tests/unit/pieces.h"

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

static struct workers *resubmit_to;
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
    return cmocka_run_group_tests_name("workers_end", tests, NULL, NULL);
}
