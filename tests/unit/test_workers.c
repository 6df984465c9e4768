/* Worker threads: every piece runs once and comes back in order, and the queue has its bound. */
#include "db/common/workers.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "tests/unit/pieces.h"

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
    };
    alarm(300); /* whoever waits for a piece that is lost shall not wait for ever */
    return cmocka_run_group_tests_name("workers", tests, NULL, NULL);
}
