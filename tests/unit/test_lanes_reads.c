/* Lanes: reads that go in lists, without a database. */
#include "tests/unit/errands.h"

static void reads_of_different_ids_go_in_one_list_and_equal_ones_once(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand reads[] = {listed_read_of(1), listed_read_of(2), listed_read_of(1), listed_read_of(3),
                             listed_read_of(2)};
    static const size_t order[] = {0, 2, 1, 4, 3}, completed[] = {2, 0, 4, 1, 3}, firsts[] = {0, 1, 0, 3, 1};
    struct db_jobs done;
    size_t at = 0;
    for (size_t i = 0; i < COUNT(reads); i++)
        put(lanes, &reads[i]);
    struct db_trip *trip = next(lanes, DB_TRIP_LIST, COUNT(reads));
    struct db_job *job;
    STAILQ_FOREACH(job, &trip->jobs.list, link) {
        assert_ptr_equal(job, &reads[order[at]].job);
        assert_ptr_equal(job->answered_by, &reads[firsts[order[at]]].job);
        at++;
    }
    assert_int_equal(bring_back(lanes, trip, DB_JOB_DONE, &done), COUNT(reads));
    for (size_t i = 0; i < COUNT(reads); i++)
        assert_ptr_equal(db_jobs_take(&done), &reads[completed[i]].job);
    nothing_starts(lanes);
    db_lanes_free(lanes);
}

static void one_list_of_reads_is_under_way_and_the_next_one_fills(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand early[2] = {listed_read_of(1), listed_read_of(2)},
                  late[3] = {listed_read_of(1), listed_read_of(3), listed_read_of(1)};
    put(lanes, &early[0]);
    put(lanes, &early[1]);
    struct db_trip *trip = next(lanes, DB_TRIP_LIST, 2);
    for (size_t i = 0; i < 3; i++)
        put(lanes, &late[i]);
    /* Even the equal one must see what is committed from now on. */
    nothing_starts(lanes);
    finish(lanes, trip, 2);
    finish(lanes, next(lanes, DB_TRIP_LIST, 3), 3);
    db_lanes_free(lanes);
}

static void list_of_reads_has_at_most_so_many_calls(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand reads[2 * GROUP_LIMIT + 2];
    for (size_t i = 0; i < COUNT(reads); i++) {
        reads[i] = listed_read_of((int64_t)(i / 2));
        put(lanes, &reads[i]);
    }
    struct db_trip *trip = next(lanes, DB_TRIP_LIST, (size_t)2 * GROUP_LIMIT);
    nothing_starts(lanes);
    finish(lanes, trip, (size_t)2 * GROUP_LIMIT);
    finish(lanes, next(lanes, DB_TRIP_ALONE, 2), 2);
    db_lanes_free(lanes);
}

static void lone_read_goes_by_itself_and_holds_up_no_list(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand lone = listed_read_of(1), equal = listed_read_of(1),
                  others[2] = {listed_read_of(2), listed_read_of(3)};
    put(lanes, &lone);
    struct db_trip *alone = next(lanes, DB_TRIP_ALONE, 1);
    put(lanes, &equal);
    put(lanes, &others[0]);
    struct db_trip *list = next(lanes, DB_TRIP_LIST, 1);
    put(lanes, &others[1]);
    nothing_starts(lanes);
    finish(lanes, list, 1);
    list = next(lanes, DB_TRIP_LIST, 1);
    assert_ptr_equal(db_jobs_first(&list->jobs), &others[1].job);
    finish(lanes, alone, 1);
    nothing_starts(lanes);
    finish(lanes, list, 1);
    alone = next(lanes, DB_TRIP_ALONE, 1);
    assert_ptr_equal(db_jobs_first(&alone->jobs), &equal.job);
    finish(lanes, alone, 1);
    db_lanes_free(lanes);
}

static void read_that_is_too_long_for_a_list_goes_in_a_slow_trip(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand big[2] = {listed_read_of(1), listed_read_of(1)}, small = listed_read_of(2), later = listed_read_of(1);
    struct db_jobs done;
    put(lanes, &big[0]);
    put(lanes, &big[1]);
    put(lanes, &small);
    struct db_trip *list = next(lanes, DB_TRIP_LIST, 3);
    put(lanes, &later);
    for (size_t i = 0; i < 2; i++)
        big[i].job.fate = DB_JOB_NOT_NOW;
    small.job.fate = DB_JOB_DONE;
    db_jobs_init(&done);
    db_lanes_finish(lanes, list, &done, 0);
    assert_int_equal(done.count, 1);
    assert_ptr_equal(db_jobs_take(&done), &small.job);
    /* Whoever asks for the same goes along. */
    struct db_trip *slow = next(lanes, DB_TRIP_ALONE, 3);
    assert_true(slow->is_slow);
    nothing_starts(lanes);
    finish(lanes, slow, 3);
    assert_int_equal(db_lanes_slow(lanes), 0);
    db_lanes_free(lanes);
}

static void what_no_list_of_reads_can_hold_goes_by_itself(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand odd = listed_read_of(1000000000000000000), others[2] = {listed_read_of(1), listed_read_of(2)};
    put(lanes, &others[0]);
    put(lanes, &odd);
    put(lanes, &others[1]);
    struct db_trip *list = next(lanes, DB_TRIP_LIST, 2), *alone = next(lanes, DB_TRIP_ALONE, 1);
    assert_ptr_equal(db_jobs_first(&alone->jobs), &odd.job);
    finish(lanes, list, 2);
    finish(lanes, alone, 1);
    db_lanes_free(lanes);
}

static void quick_reads_that_differ_leave_half_of_the_connections(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand pages[CONNECTIONS], other = read_of("get", 1);
    struct db_trip *trips[CONNECTIONS / 2];
    for (size_t i = 0; i < COUNT(pages); i++) {
        pages[i] = read_of("list", (int64_t)i);
        put(lanes, &pages[i]);
    }
    for (size_t i = 0; i < COUNT(trips); i++)
        trips[i] = next(lanes, DB_TRIP_ALONE, 1);
    nothing_starts(lanes);
    put(lanes, &other);
    finish(lanes, next(lanes, DB_TRIP_ALONE, 1), 1);
    for (size_t i = 0; i < COUNT(trips); i++) {
        finish(lanes, trips[i], 1);
        finish(lanes, next(lanes, DB_TRIP_ALONE, 1), 1);
    }
    nothing_starts(lanes);
    db_lanes_free(lanes);
}

static void quick_read_does_not_wait_for_an_equal_heavy_one(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand heavy = search_of("list", 1000), quick = read_of("list", 1000);
    put(lanes, &heavy);
    put(lanes, &quick);
    struct db_trip *one = next(lanes, DB_TRIP_ALONE, 1), *other = next(lanes, DB_TRIP_ALONE, 1);
    assert_true(one->is_slow != other->is_slow);
    finish(lanes, one, 1);
    finish(lanes, other, 1);
    db_lanes_free(lanes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_of_different_ids_go_in_one_list_and_equal_ones_once),
        cmocka_unit_test(one_list_of_reads_is_under_way_and_the_next_one_fills),
        cmocka_unit_test(list_of_reads_has_at_most_so_many_calls),
        cmocka_unit_test(lone_read_goes_by_itself_and_holds_up_no_list),
        cmocka_unit_test(read_that_is_too_long_for_a_list_goes_in_a_slow_trip),
        cmocka_unit_test(quick_reads_that_differ_leave_half_of_the_connections),
        cmocka_unit_test(quick_read_does_not_wait_for_an_equal_heavy_one),
        cmocka_unit_test(what_no_list_of_reads_can_hold_goes_by_itself),
    };
    return cmocka_run_group_tests_name("lanes_reads", tests, NULL, NULL);
}
