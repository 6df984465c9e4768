/* What an error of the database means, by its number and its SQLSTATE. */
#include "db/client/errors.h"

#include "tests/unit/unit.h"

struct row {
    unsigned number;
    const char *sqlstate;
    int wanted;
};

static void assert_sorted(const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int sorted = (int)db_error_sort(rows[i].number, rows[i].sqlstate);
        if (sorted != rows[i].wanted)
            fail_msg("%u/%s: %d instead of %d", rows[i].number, rows[i].sqlstate, sorted, rows[i].wanted);
    }
}

static void rolled_back_transaction_may_be_tried_again(void **state) {
    static const struct row rows[] = {
        {1213, "40001", DB_ERROR_ROLLED_BACK},
        {1205, "HY000", DB_ERROR_ROLLED_BACK},
        {1020, "HY000", DB_ERROR_ROLLED_BACK},
    };
    assert_sorted(rows, COUNT(rows));
}

static void missing_procedure_was_not_executed(void **state) {
    static const struct row rows[] = {
        {1305, "42000", DB_ERROR_NOT_EXECUTED},
        {1146, "42S02", DB_ERROR_NOT_EXECUTED},
        {1370, "42000", DB_ERROR_NOT_EXECUTED},
    };
    assert_sorted(rows, COUNT(rows));
}

static void server_that_cannot_serve_is_unavailable(void **state) {
    static const struct row rows[] = {
        {1449, "HY000", DB_ERROR_UNAVAILABLE}, {1356, "HY000", DB_ERROR_UNAVAILABLE},
        {1665, "HY000", DB_ERROR_UNAVAILABLE}, {1644, "45503", DB_ERROR_UNAVAILABLE},
        {1317, "70100", DB_ERROR_UNAVAILABLE}, {1969, "70100", DB_ERROR_UNAVAILABLE},
        {3024, "HY000", DB_ERROR_UNAVAILABLE}, {1290, "HY000", DB_ERROR_READ_ONLY},
        {1836, "HY000", DB_ERROR_READ_ONLY},
    };
    assert_sorted(rows, COUNT(rows));
}

static void broken_connection_is_told_from_one_found_closed(void **state) {
    static const struct row rows[] = {
        {2006, "HY000", DB_ERROR_NOT_SENT},                                 /* gone away */
        {4031, "HY000", DB_ERROR_NOT_SENT},                                 /* closed while idle */
        {2013, "HY000", DB_ERROR_LOST},                                     /* lost during the query */
        {2055, "HY000", DB_ERROR_LOST},     {2027, "HY000", DB_ERROR_LOST}, /* malformed packet */
        {1053, "08S01", DB_ERROR_LOST},     {1927, "70100", DB_ERROR_LOST},
    };
    assert_sorted(rows, COUNT(rows));
}

static void client_errors_are_2000_to_2999(void **state) {
    static const struct row rows[] = {
        {1999, "HY000", DB_ERROR_OTHER},
        {2000, "HY000", DB_ERROR_LOST},
        {2999, "HY000", DB_ERROR_LOST},
        {3000, "HY000", DB_ERROR_OTHER},
    };
    assert_sorted(rows, COUNT(rows));
}

static void rule_that_said_no_is_a_refusal(void **state) {
    static const struct row rows[] = {
        {1644, "45400", DB_ERROR_REFUSAL}, {1644, "45404", DB_ERROR_REFUSAL}, {1644, "45409", DB_ERROR_REFUSAL},
        {1644, "45422", DB_ERROR_REFUSAL}, {1644, "45499", DB_ERROR_REFUSAL}, {1062, "23000", DB_ERROR_REFUSAL},
        {1452, "23000", DB_ERROR_REFUSAL}, {1048, "23000", DB_ERROR_REFUSAL}, {4025, "23000", DB_ERROR_REFUSAL},
        {3819, "HY000", DB_ERROR_REFUSAL}, {1406, "22001", DB_ERROR_REFUSAL}, {1264, "22003", DB_ERROR_REFUSAL},
        {1292, "22007", DB_ERROR_REFUSAL},
    };
    assert_sorted(rows, COUNT(rows));
}

static void anything_else_is_ours(void **state) {
    static const struct row rows[] = {
        {1644, "45000", DB_ERROR_OTHER}, {1644, "45399", DB_ERROR_OTHER}, {1644, "45500", DB_ERROR_OTHER},
        {1064, "42000", DB_ERROR_OTHER}, {0, "00000", DB_ERROR_OTHER},    {1105, "HY000", DB_ERROR_OTHER},
        {1105, "", DB_ERROR_OTHER},      {1105, "2", DB_ERROR_OTHER},
    };
    assert_sorted(rows, COUNT(rows));
}

static void number_goes_before_sqlstate(void **state) {
    static const struct row rows[] = {
        {1213, "45409", DB_ERROR_ROLLED_BACK},
        {2006, "23000", DB_ERROR_NOT_SENT},
        {2013, "22001", DB_ERROR_LOST},
    };
    assert_sorted(rows, COUNT(rows));
}

static void refusal_keeps_its_sqlstate(void **state) {
    static const struct {
        unsigned number;
        const char *sqlstate, *wanted;
    } rows[] = {
        {1644, "45400", "45400"}, {1644, "45401", "45401"}, {1644, "45403", "45403"}, {1644, "45404", "45404"},
        {1644, "45409", "45409"}, {1644, "45422", "45422"}, {1644, "45429", "45429"}, {1644, "45499", "45499"},
        {1062, "23000", "23000"}, {1452, "23000", "23000"}, {4025, "23000", "23000"}, {3819, "HY000", "23000"},
        {1406, "22001", "22001"}, {1264, "22003", "22003"}, {1292, "22007", "22007"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(db_error_sort(rows[i].number, rows[i].sqlstate), DB_ERROR_REFUSAL);
        assert_text(rows[i].sqlstate, db_error_sqlstate(rows[i].number, rows[i].sqlstate), rows[i].wanted);
    }
}

static void limit_of_connections_is_told_from_other_errors(void **state) {
    static const unsigned limits[] = {1040, 1135, 1203, 1226}, others[] = {0, 1044, 1045, 1049, 1129, 2002, 2003, 2013};
    for (size_t i = 0; i < COUNT(limits); i++)
        assert_true(db_error_is_limit(limits[i]));
    for (size_t i = 0; i < COUNT(others); i++)
        assert_false(db_error_is_limit(others[i]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rolled_back_transaction_may_be_tried_again),
        cmocka_unit_test(missing_procedure_was_not_executed),
        cmocka_unit_test(server_that_cannot_serve_is_unavailable),
        cmocka_unit_test(broken_connection_is_told_from_one_found_closed),
        cmocka_unit_test(client_errors_are_2000_to_2999),
        cmocka_unit_test(rule_that_said_no_is_a_refusal),
        cmocka_unit_test(anything_else_is_ours),
        cmocka_unit_test(number_goes_before_sqlstate),
        cmocka_unit_test(refusal_keeps_its_sqlstate),
        cmocka_unit_test(limit_of_connections_is_told_from_other_errors),
    };
    return cmocka_run_group_tests_name("errors", tests, NULL, NULL);
}
