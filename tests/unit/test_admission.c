/* Admission control by time: whether the wait of a new job is estimated well enough to refuse in time and not wrongly.
 */
#include "db/client/admission.h"

#include "tests/unit/unit.h"

enum { PLACES = 8 };

static const int64_t second = 1000000;
static const int64_t longest = 5 * 1000000;

/* A clock of our own. Not 0 at the beginning, which nothing may depend on. */
static int64_t now;

static struct admission begin(void) {
    struct admission admission;
    now = 77 * second;
    admission_init(&admission, longest, PLACES);
    return admission;
}

static void enter(struct admission *admission, size_t count) {
    for (; count > 0; count--)
        admission_enter(admission, now);
}

static void leave(struct admission *admission, size_t count, bool served) {
    for (; count > 0; count--)
        admission_leave(admission, now, served);
}

static void expect_between(int64_t value, int64_t least, int64_t most) {
    assert_true(least <= value && value <= most);
}

/* For so many seconds jobs are served at a rate per second, in steps of 10 ms; as many enter as are served, if the
 * admission is open. Returns how many were refused. */
static size_t run(struct admission *admission, double seconds, double rate) {
    size_t refused = 0;
    double due = 0;

    for (int step = 0; step < (int)(seconds * 100); step++) {
        now += second / 100;
        due += rate / 100;
        while (due >= 1) {
            due -= 1;
            leave(admission, 1, true);
            if (admission_is_open(admission, now))
                enter(admission, 1);
            else
                refused++;
        }
    }
    return refused;
}

static void all_are_taken_at_the_start(void **state) {
    struct admission admission = begin();
    for (int i = 0; i < 100000; i++) {
        assert_true(admission_is_open(&admission, now));
        enter(&admission, 1);
    }
}

static void a_burst_after_a_single_slow_client_is_taken(void **state) {
    struct admission admission = begin();
    for (int i = 0; i < 100; i++) {
        enter(&admission, 1);
        now += second / 5;
        leave(&admission, 1, true);
    }
    enter(&admission, 6000);
    now += second / 2;
    assert_true(admission_is_open(&admission, now));
    assert_int_equal(run(&admission, 20, 13000), 0);
}

static void what_is_served_in_time_is_taken(void **state) {
    struct admission admission = begin();
    enter(&admission, 10000);
    assert_int_equal(run(&admission, 60, 2200), 0);
}

static void what_would_wait_for_too_long_is_not(void **state) {
    struct admission admission = begin();
    enter(&admission, 10000);
    assert_true(run(&admission, 2, 900) > 0);
    run(&admission, 20, 900);
    /* As many wait as are served within the longest wait. */
    size_t waiting = admission.under_way - PLACES;
    expect_between((int64_t)waiting, 4400, 4600);
    expect_between(admission_wait(&admission, now), 49 * second / 10, 51 * second / 10);
}

static void a_database_that_becomes_slow_is_noticed(void **state) {
    struct admission admission = begin();
    enter(&admission, 6000);
    assert_int_equal(run(&admission, 30, 12000), 0);
    assert_true(run(&admission, 8, 600) > 0);
    run(&admission, 20, 600);
    expect_between((int64_t)(admission.under_way - PLACES), 2900, 3100);
}

static void a_pause_is_not_taken_for_the_end(void **state) {
    struct admission admission = begin();
    enter(&admission, 6000);
    assert_int_equal(run(&admission, 30, 12000), 0);
    now += 4 * second;
    assert_true(admission_is_open(&admission, now));
    assert_int_equal(run(&admission, 30, 12000), 0);
}

static void a_database_that_stops_is_noticed_and_may_come_back(void **state) {
    struct admission admission = begin();
    enter(&admission, 6000);
    run(&admission, 30, 12000);
    now += longest + 1;
    assert_false(admission_is_open(&admission, now));
    now += 60 * second;
    assert_false(admission_is_open(&admission, now));
    leave(&admission, 1, true);
    assert_true(admission_is_open(&admission, now));
    assert_int_equal(run(&admission, 30, 12000), 0);
}

static void as_many_as_can_be_worked_on_are_always_taken(void **state) {
    struct admission admission = begin();
    enter(&admission, PLACES);
    now += 3600 * second;
    assert_true(admission_is_open(&admission, now));
    assert_int_equal(admission_wait(&admission, now), 0);
}

/* The clients who wait for a database that has stopped are given up after a while. If that were taken for relief, all
 * of them would be let in to wait once more. */
static void after_a_standstill_a_few_try_and_one_who_is_served_is_enough(void **state) {
    struct admission admission = begin();
    enter(&admission, 6000);
    now += 2 * longest;
    leave(&admission, 6000, false);
    for (int round = 0; round < 3; round++) {
        size_t taken = 0;
        for (; admission_is_open(&admission, now) && taken < 1000; taken++)
            enter(&admission, 1);
        assert_int_equal(taken, PLACES + 1);
        now += 2 * longest;
        leave(&admission, taken, false);
    }
    enter(&admission, 1);
    leave(&admission, 1, true);
    enter(&admission, 6000);
    assert_true(admission_is_open(&admission, now));
}

/* A database that is away fails each job at once: nobody waits, and nothing has to be refused here. */
static void jobs_that_fail_at_once_close_nothing(void **state) {
    struct admission admission = begin();
    enter(&admission, 1);
    leave(&admission, 1, false);
    enter(&admission, 64);
    assert_true(admission_is_open(&admission, now));
    leave(&admission, 64, true);
    for (int i = 0; i < 1000; i++) {
        enter(&admission, 64);
        now += second / 10;
        leave(&admission, 64, false);
    }
    enter(&admission, 64);
    assert_true(admission_is_open(&admission, now));
}

static void idleness_is_no_standstill(void **state) {
    struct admission admission = begin();
    enter(&admission, 100);
    now += second;
    leave(&admission, 100, true);
    now += 3600 * second;
    enter(&admission, 6000);
    assert_true(admission_is_open(&admission, now));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_taken_at_the_start),
        cmocka_unit_test(a_burst_after_a_single_slow_client_is_taken),
        cmocka_unit_test(what_is_served_in_time_is_taken),
        cmocka_unit_test(what_would_wait_for_too_long_is_not),
        cmocka_unit_test(a_database_that_becomes_slow_is_noticed),
        cmocka_unit_test(a_pause_is_not_taken_for_the_end),
        cmocka_unit_test(a_database_that_stops_is_noticed_and_may_come_back),
        cmocka_unit_test(as_many_as_can_be_worked_on_are_always_taken),
        cmocka_unit_test(after_a_standstill_a_few_try_and_one_who_is_served_is_enough),
        cmocka_unit_test(jobs_that_fail_at_once_close_nothing),
        cmocka_unit_test(idleness_is_no_standstill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
