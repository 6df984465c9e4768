/* Lanes: which jobs wait for each other and travel together, without a database. */
#include "tests/unit/errands.h"

static void job_without_a_lane_goes_at_once_and_alone(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand a = read_of("get", 1), b = read_of("get", 1);
    a.job.lane = b.job.lane = DB_LANE_DIRECT;
    put(lanes, &a);
    put(lanes, &b);
    for (int i = 0; i < 2; i++) {
        struct db_trip *trip = db_lanes_next(lanes, DB_LANES_AT_ONCE);
        assert_non_null(trip);
        assert_int_equal(trip->kind, DB_TRIP_ALONE);
        assert_ptr_equal(db_jobs_first(&trip->jobs), i == 0 ? &a.job : &b.job);
        finish(lanes, trip, 1);
    }
    nothing_starts(lanes);
    db_lanes_free(lanes);
}

static void equal_reads_share_a_trip(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand equal[3] = {read_of("get", 1), read_of("get", 1), read_of("get", 1)};
    struct errand other = read_of("get", 2), elsewhere = read_of("list", 1);
    put(lanes, &equal[0]);
    put(lanes, &other);
    put(lanes, &equal[1]);
    put(lanes, &elsewhere);
    put(lanes, &equal[2]);
    /* They wait for others that may arrive. */
    assert_null(db_lanes_next(lanes, DB_LANES_AT_ONCE));
    struct db_trip *shared = next(lanes, DB_TRIP_ALONE, 3);
    struct db_trip *two = next(lanes, DB_TRIP_ALONE, 1), *three = next(lanes, DB_TRIP_ALONE, 1);
    nothing_starts(lanes);

    struct db_jobs done;
    assert_int_equal(bring_back(lanes, shared, DB_JOB_DONE, &done), 3);
    /* The first one's rows answer the others. */
    for (size_t i = 0; i < 3; i++)
        assert_ptr_equal(db_jobs_take(&done), &equal[(i + 1) % 3].job);
    finish(lanes, two, 1);
    finish(lanes, three, 1);
    db_lanes_free(lanes);
}

static void read_that_comes_while_one_is_under_way_sees_what_was_committed_since(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand early = read_of("get", 1), late[2] = {read_of("get", 1), read_of("get", 1)};
    put(lanes, &early);
    struct db_trip *trip = next(lanes, DB_TRIP_ALONE, 1);
    put(lanes, &late[0]);
    put(lanes, &late[1]);
    nothing_starts(lanes);
    finish(lanes, trip, 1);
    finish(lanes, next(lanes, DB_TRIP_ALONE, 2), 2);
    nothing_starts(lanes);
    db_lanes_free(lanes);
}

static void values_of_any_type_tell_reads_apart(void **state) {
    static const struct db_value values[] = {
        {.type = DB_NULL},
        {.type = DB_INTEGER, .integer = 1},
        {.type = DB_INTEGER, .integer = -1},
        {.type = DB_DATETIME, .seconds = 1},
        {.type = DB_TEXT, .text = {"1", 1}},
        {.type = DB_TEXT, .text = {"10", 2}},
        {.type = DB_TEXT, .text = {"2", 1}},
        {.type = DB_TEXT, .text = {"", 0}},
    };
    struct db_lanes *lanes = make_lanes();
    struct errand errands[2][COUNT(values)];
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < COUNT(values); i++) {
            errands[k][i] = read_of("get", 0);
            errands[k][i].arguments[0] = values[i];
            put(lanes, &errands[k][i]);
        }
    }
    for (size_t i = 0; i < COUNT(values); i++)
        finish(lanes, next(lanes, DB_TRIP_ALONE, 2), 2);
    nothing_starts(lanes);
    db_lanes_free(lanes);
}

static void registrations_that_come_meanwhile_go_together(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand first = registration(1, 1), later[3] = {registration(1, 2), registration(1, 3), registration(1, 4)};
    put(lanes, &first);
    struct db_trip *trip = next(lanes, DB_TRIP_ALONE, 1);
    for (size_t i = 0; i < 3; i++)
        put(lanes, &later[i]);
    nothing_starts(lanes);
    finish(lanes, trip, 1);
    trip = next(lanes, DB_TRIP_LIST_WAITING, 3);
    struct db_jobs done;
    assert_int_equal(bring_back(lanes, trip, DB_JOB_DONE, &done), 3);
    for (size_t i = 0; i < 3; i++)
        assert_ptr_equal(db_jobs_take(&done), &later[i].job);
    nothing_starts(lanes);
    db_lanes_free(lanes);
}

static void other_events_meet_in_the_common_queue(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand first = registration(1, 1), others[3] = {registration(2, 2), registration(3, 3), registration(2, 4)};
    put(lanes, &first);
    struct db_trip *alone = next(lanes, DB_TRIP_ALONE, 1);
    for (size_t i = 0; i < 3; i++)
        put(lanes, &others[i]);
    /* Event 1 may be locked for long; theirs are not. */
    struct db_trip *list = next(lanes, DB_TRIP_LIST, 3);
    nothing_starts(lanes);
    finish(lanes, list, 3);
    finish(lanes, alone, 1);
    db_lanes_free(lanes);
}

static void full_group_goes_without_waiting_for_the_turn(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand errands[GROUP_LIMIT + 1];
    for (size_t i = 0; i < COUNT(errands); i++) {
        errands[i] = registration(1, (int64_t)i);
        if (i == GROUP_LIMIT)
            assert_null(db_lanes_next(lanes, DB_LANES_AT_ONCE));
        put(lanes, &errands[i]);
        if (i == 0)
            finish(lanes, next(lanes, DB_TRIP_ALONE, 1), 1);
    }
    struct db_trip *trip = db_lanes_next(lanes, DB_LANES_AT_ONCE);
    assert_non_null(trip);
    assert_int_equal(trip->jobs.count, GROUP_LIMIT);
    finish(lanes, trip, GROUP_LIMIT);
    nothing_starts(lanes);
    db_lanes_free(lanes);
}

static void group_has_at_most_so_many(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand errands[GROUP_LIMIT + 2];
    for (size_t i = 0; i < COUNT(errands); i++) {
        errands[i] = registration(1, (int64_t)i);
        put(lanes, &errands[i]);
    }
    struct db_trip *trip = next(lanes, DB_TRIP_LIST_WAITING, GROUP_LIMIT);
    nothing_starts(lanes);
    finish(lanes, trip, GROUP_LIMIT);
    finish(lanes, next(lanes, DB_TRIP_LIST_WAITING, 2), 2);
    db_lanes_free(lanes);
}

static void locked_event_waits_by_itself_and_others_go_on(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand first = registration(1, 1), locked = registration(2, 2),
                  others[2] = {registration(3, 3), registration(2, 4)};
    struct db_jobs done;
    put(lanes, &first);
    struct db_trip *alone = next(lanes, DB_TRIP_ALONE, 1);
    put(lanes, &locked);
    struct db_trip *list = next(lanes, DB_TRIP_LIST, 1);
    /* Nothing was done, so nothing is complete; it goes by a trip that waits for the lock. */
    assert_int_equal(bring_back(lanes, list, DB_JOB_NOT_NOW, &done), 0);
    struct db_trip *waiting = next(lanes, DB_TRIP_ALONE, 1);
    assert_ptr_equal(db_jobs_first(&waiting->jobs), &locked.job);
    /* Who comes for that event waits behind it, and who comes for another one does not. */
    put(lanes, &others[0]);
    put(lanes, &others[1]);
    list = next(lanes, DB_TRIP_LIST, 1);
    assert_ptr_equal(db_jobs_first(&list->jobs), &others[0].job);
    nothing_starts(lanes);
    finish(lanes, list, 1);
    finish(lanes, waiting, 1);
    waiting = next(lanes, DB_TRIP_ALONE, 1);
    assert_ptr_equal(db_jobs_first(&waiting->jobs), &others[1].job);
    finish(lanes, waiting, 1);
    finish(lanes, alone, 1);
    nothing_starts(lanes);
    db_lanes_free(lanes);
}

static void list_that_fails_has_each_tried_alone(void **state) {
    struct db_lanes *lanes = make_lanes();
    struct errand errands[3] = {registration(1, 1), registration(1, 2), registration(1, 3)};
    struct db_jobs done;
    for (size_t i = 0; i < 3; i++)
        put(lanes, &errands[i]);
    assert_int_equal(bring_back(lanes, next(lanes, DB_TRIP_LIST_WAITING, 3), DB_JOB_FAILED, &done), 0);
    for (size_t i = 0; i < 3; i++) {
        struct db_trip *trip = next(lanes, DB_TRIP_ALONE, 1);
        assert_ptr_equal(db_jobs_first(&trip->jobs), &errands[i].job);
        finish(lanes, trip, 1);
    }
    nothing_starts(lanes);
    db_lanes_free(lanes);
}

static void what_no_list_can_hold_goes_alone(void **state) {
    static const struct db_value values[] = {
        {.type = DB_TEXT, .text = {"1", 1}},
        {.type = DB_INTEGER, .integer = 1000000000000000000},
        {.type = DB_INTEGER, .integer = -1000000000000000000},
    };
    struct db_lanes *lanes = make_lanes();
    struct errand fits = registration(999999999999999999, -999999999999999999), empty = registration(1, 1);
    empty.arguments[0].type = DB_NULL;
    put(lanes, &fits);
    put(lanes, &empty);
    assert_null(db_lanes_next(lanes, DB_LANES_AT_ONCE));
    struct db_trip *list = next(lanes, DB_TRIP_LIST, 1);
    finish(lanes, next(lanes, DB_TRIP_ALONE, 1), 1);
    finish(lanes, list, 1);
    for (size_t i = 0; i < COUNT(values); i++) {
        struct errand errand = registration(1, 1);
        errand.arguments[1] = values[i];
        put(lanes, &errand);
        struct db_trip *trip = next(lanes, DB_TRIP_ALONE, 1);
        assert_ptr_equal(db_jobs_first(&trip->jobs), &errand.job);
        finish(lanes, trip, 1);
    }
    db_lanes_free(lanes);
}

static void lanes_can_be_switched_off(void **state) {
    const struct db_lanes_options options = {.connections = CONNECTIONS,
                                             .queue_limit = QUEUE_LIMIT,
                                             .longest_wait_us = INT64_MAX,
                                             .group_limit = 1,
                                             .share_reads = false};
    struct db_lanes *lanes = db_lanes_new(&options);
    struct errand errands[4] = {read_of("get", 1), listed_read_of(1), registration(1, 1), registration(1, 2)};
    for (size_t i = 0; i < COUNT(errands); i++)
        put(lanes, &errands[i]);
    struct db_trip *trips[COUNT(errands)];
    for (size_t i = 0; i < COUNT(errands); i++)
        trips[i] = next(lanes, DB_TRIP_ALONE, 1);
    nothing_starts(lanes);
    for (size_t i = 0; i < COUNT(errands); i++)
        finish(lanes, trips[i], 1);
    db_lanes_free(lanes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(job_without_a_lane_goes_at_once_and_alone),
        cmocka_unit_test(equal_reads_share_a_trip),
        cmocka_unit_test(read_that_comes_while_one_is_under_way_sees_what_was_committed_since),
        cmocka_unit_test(values_of_any_type_tell_reads_apart),
        cmocka_unit_test(registrations_that_come_meanwhile_go_together),
        cmocka_unit_test(other_events_meet_in_the_common_queue),
        cmocka_unit_test(full_group_goes_without_waiting_for_the_turn),
        cmocka_unit_test(group_has_at_most_so_many),
        cmocka_unit_test(locked_event_waits_by_itself_and_others_go_on),
        cmocka_unit_test(list_that_fails_has_each_tried_alone),
        cmocka_unit_test(what_no_list_can_hold_goes_alone),
        cmocka_unit_test(lanes_can_be_switched_off),
    };
    return cmocka_run_group_tests_name("lanes", tests, NULL, NULL);
}
