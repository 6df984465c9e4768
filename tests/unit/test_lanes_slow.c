/* Lanes: calls that may take long leave connections to the others, without a database. */
#include "tests/unit/errands.h"

static void heavy_calls_take_a_quarter_of_the_connections(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand searches[CONNECTIONS], other = search_of("report", 1), quick = read_of("get", 1);
    struct db_trip *trips[CONNECTIONS / 4];
    for (size_t i = 0; i < COUNT(searches); i++) {
        searches[i] = search_of("search", (int64_t)i);
        /* It makes no difference whether equal ones would share a trip. */
        searches[i].job.lane = i % 2 == 0 ? DB_LANE_SHARED : DB_LANE_DIRECT;
        if (i < QUEUE_LIMIT / 4)
            put(lanes, &searches[i]);
    }
    for (size_t i = 0; i < COUNT(trips); i++)
        trips[i] = next(lanes, DB_TRIP_ALONE, 1);
    nothing_starts(lanes);
    put(lanes, &other);
    struct db_trip *report = next(lanes, DB_TRIP_ALONE, 1);
    put(lanes, &quick);
    struct db_trip *get = next(lanes, DB_TRIP_ALONE, 1);
    assert_false(get->is_slow);
    finish(lanes, get, 1);
    finish(lanes, report, 1);
    nothing_starts(lanes);
    for (size_t i = 0; i < 2; i++) {
        finish(lanes, trips[i], 1);
        finish(lanes, next(lanes, DB_TRIP_ALONE, 1), 1);
    }
    nothing_starts(lanes);
    db_lanes_free(lanes);
}

static void changes_of_a_row_go_one_after_the_other_and_others_go_on(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand same[3] = {change_of("update", 1), change_of("update", 1), change_of("update", 1)},
                  other = change_of("update", 2), remove = change_of("remove", 1);
    for (size_t i = 0; i < 3; i++)
        put(lanes, &same[i]);
    put(lanes, &other);
    put(lanes, &remove);
    struct db_trip *trips[3];
    for (size_t i = 0; i < 3; i++)
        trips[i] = next(lanes, DB_TRIP_ALONE, 1);
    nothing_starts(lanes);
    assert_ptr_equal(db_jobs_first(&trips[0]->jobs), &same[0].job);
    finish(lanes, trips[1], 1);
    finish(lanes, trips[2], 1);
    nothing_starts(lanes);
    finish(lanes, trips[0], 1);
    for (size_t i = 1; i < 3; i++) {
        struct db_trip *trip = next(lanes, DB_TRIP_ALONE, 1);
        assert_ptr_equal(db_jobs_first(&trip->jobs), &same[i].job);
        nothing_starts(lanes);
        finish(lanes, trip, 1);
    }
    nothing_starts(lanes);
    db_lanes_free(lanes);
}

static void procedures_that_wait_leave_a_quarter_to_quick_calls(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand updates[CONNECTIONS], removals[CONNECTIONS], quick = read_of("get", 1), booking = registration(9, 9);
    struct db_trip *trips[CONNECTIONS - CONNECTIONS / 4], *trip;
    size_t started = 0;
    for (size_t i = 0; i < CONNECTIONS / 2 + 1; i++) {
        updates[i] = change_of("update", (int64_t)i);
        put(lanes, &updates[i]);
    }
    while (started < CONNECTIONS / 2)
        trips[started++] = next(lanes, DB_TRIP_ALONE, 1);
    nothing_starts(lanes);
    for (size_t i = 0; i < CONNECTIONS / 2 - 1; i++) {
        removals[i] = change_of("remove", (int64_t)i);
        put(lanes, &removals[i]);
    }
    while (started < COUNT(trips))
        trips[started++] = next(lanes, DB_TRIP_ALONE, 1);
    nothing_starts(lanes);
    put(lanes, &quick);
    finish(lanes, next(lanes, DB_TRIP_ALONE, 1), 1);
    /* It would wait for a lock by itself, so it goes in a list that does not. */
    put(lanes, &booking);
    finish(lanes, next(lanes, DB_TRIP_LIST, 1), 1);
    for (size_t i = 0; i < COUNT(trips); i++)
        finish(lanes, trips[i], 1);
    while ((trip = db_lanes_next(lanes, DB_LANES_NOW)) != NULL)
        finish(lanes, trip, 1);
    assert_int_equal(db_lanes_slow(lanes), 0);
    db_lanes_free(lanes);
}

static void those_who_wait_for_a_row_leave_room_to_others(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand first = change_of("update", 1), same[QUEUE_LIMIT], other = change_of("update", 2);
    size_t taken = 0;
    put(lanes, &first);
    struct db_trip *trip = next(lanes, DB_TRIP_ALONE, 1);
    for (size_t i = 0; i < COUNT(same); i++) {
        same[i] = change_of("update", 1);
        same[i].job.call.arguments = same[i].arguments;
        taken += db_lanes_put(lanes, &same[i].job, 0);
    }
    assert_int_equal(taken, QUEUE_LIMIT / 8 + 1);
    put(lanes, &other);
    finish(lanes, next(lanes, DB_TRIP_ALONE, 1), 1);
    finish(lanes, trip, 1);
    for (size_t i = 0; i < taken; i++)
        finish(lanes, next(lanes, DB_TRIP_ALONE, 1), 1);
    nothing_starts(lanes);
    db_lanes_free(lanes);
}

static void hot_event_that_is_held_counts_as_slow_from_then_on(void **state) {
    enum { HALF_A_SECOND = 500000 };
    struct db_lanes *lanes = make_lanes();
    struct errand bookings[QUEUE_LIMIT + 1], late = registration(1, 99);
    for (size_t i = 0; i < COUNT(bookings); i++) {
        bookings[i] = registration(1, (int64_t)i);
        bookings[i].job.call.arguments = bookings[i].arguments;
    }
    put(lanes, &bookings[0]);
    struct db_trip *trip = next(lanes, DB_TRIP_ALONE, 1);
    /* A crowd of any size may wait for an event that is only wanted by many. */
    for (size_t i = 1; i < COUNT(bookings); i++)
        assert_true(db_lanes_put(lanes, &bookings[i].job, HALF_A_SECOND));
    assert_int_equal(db_lanes_slow(lanes), 0);
    late.job.call.arguments = late.arguments;
    assert_false(db_lanes_put(lanes, &late.job, HALF_A_SECOND + 1));
    assert_int_equal(db_lanes_slow(lanes), COUNT(bookings));
    finish(lanes, trip, 1);
    assert_int_equal(db_lanes_slow(lanes), 0);
    for (size_t i = 1; i < COUNT(bookings); i += GROUP_LIMIT)
        finish(lanes, next(lanes, DB_TRIP_LIST_WAITING, GROUP_LIMIT), GROUP_LIMIT);
    nothing_starts(lanes);
    db_lanes_free(lanes);
}

static void rows_of_a_procedure_leave_room_to_other_procedures(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand rows[QUEUE_LIMIT], other = change_of("remove", 1);
    struct db_trip *trip;
    size_t taken = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        rows[i] = change_of("update", (int64_t)i);
        rows[i].job.call.arguments = rows[i].arguments;
        taken += db_lanes_put(lanes, &rows[i].job, 0);
    }
    assert_int_equal(taken, QUEUE_LIMIT / 4 + 1);
    put(lanes, &other);
    while ((trip = db_lanes_next(lanes, DB_LANES_NOW)) != NULL)
        finish(lanes, trip, 1);
    assert_int_equal(db_lanes_slow(lanes), 0);
    db_lanes_free(lanes);
}

static bool is_taken(struct db_lanes *lanes, struct errand *errand, int64_t now) {
    errand->job.call.arguments = errand->arguments;
    return db_lanes_put(lanes, &errand->job, now);
}

static void estimate_of_a_row_or_of_a_heavy_procedure_is_its_own(void **state) {
    enum { PATIENCE = 1000 };
    struct db_lanes *lanes = make_patient_lanes(PATIENCE);
    struct errand row[3] = {registration(1, 1), registration(1, 2), registration(1, 3)}, other = registration(2, 4),
                  searches[4], late = search_of("search", 9), quick = read_of("get", 1);
    struct db_trip *trips[3];
    put(lanes, &row[0]);
    trips[0] = next(lanes, DB_TRIP_ALONE, 1);
    put(lanes, &row[1]);
    for (size_t i = 0; i < COUNT(searches); i++) {
        searches[i] = search_of("search", (int64_t)i);
        put(lanes, &searches[i]);
    }
    trips[1] = next(lanes, DB_TRIP_ALONE, 1);
    trips[2] = next(lanes, DB_TRIP_ALONE, 1);
    nothing_starts(lanes);
    /* Neither has been served for too long, and jobs wait. */
    assert_false(is_taken(lanes, &row[2], PATIENCE + 1));
    assert_false(is_taken(lanes, &late, PATIENCE + 1));
    assert_true(is_taken(lanes, &other, PATIENCE + 1));
    assert_true(is_taken(lanes, &quick, PATIENCE + 1));
    assert_true(db_lanes_are_open(lanes, DB_LANE_GROUPED, PATIENCE + 1));
    assert_true(db_lanes_are_open(lanes, DB_LANE_SHARED, PATIENCE + 1));
    for (size_t i = 0; i < COUNT(trips); i++)
        finish(lanes, trips[i], 1);
    for (size_t i = 0; i < 5; i++)
        finish(lanes, db_lanes_next(lanes, DB_LANES_NOW), 1);
    nothing_starts(lanes);
    db_lanes_free(lanes);
}

static void row_that_is_free_again_has_room_for_all(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand first = registration(1, 1), locked = registration(2, 2), more[QUEUE_LIMIT];
    struct db_jobs done;
    put(lanes, &first);
    struct db_trip *alone = next(lanes, DB_TRIP_ALONE, 1), *trip;
    put(lanes, &locked);
    assert_int_equal(bring_back(lanes, next(lanes, DB_TRIP_LIST, 1), DB_JOB_NOT_NOW, &done), 0);
    assert_int_equal(db_lanes_slow(lanes), 1);
    trip = next(lanes, DB_TRIP_ALONE, 1);
    more[0] = registration(2, 3);
    put(lanes, &more[0]);
    assert_int_equal(db_lanes_slow(lanes), 2);
    finish(lanes, trip, 1);
    for (size_t i = 1; i < COUNT(more); i++) {
        more[i] = registration(2, (int64_t)(3 + i));
        put(lanes, &more[i]);
    }
    assert_int_equal(db_lanes_slow(lanes), 0);
    for (size_t i = 0; i < COUNT(more); i += GROUP_LIMIT)
        finish(lanes, next(lanes, DB_TRIP_LIST_WAITING, GROUP_LIMIT), GROUP_LIMIT);
    finish(lanes, alone, 1);
    nothing_starts(lanes);
    db_lanes_free(lanes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heavy_calls_take_a_quarter_of_the_connections),
        cmocka_unit_test(changes_of_a_row_go_one_after_the_other_and_others_go_on),
        cmocka_unit_test(procedures_that_wait_leave_a_quarter_to_quick_calls),
        cmocka_unit_test(those_who_wait_for_a_row_leave_room_to_others),
        cmocka_unit_test(rows_of_a_procedure_leave_room_to_other_procedures),
        cmocka_unit_test(hot_event_that_is_held_counts_as_slow_from_then_on),
        cmocka_unit_test(estimate_of_a_row_or_of_a_heavy_procedure_is_its_own),
        cmocka_unit_test(row_that_is_free_again_has_room_for_all),
    };
    return cmocka_run_group_tests_name("lanes_slow", tests, NULL, NULL);
}
