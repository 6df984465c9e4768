/* Parameters of a query that are near one of the route, and those that are not. */
#include "shim/api/query_names.h"

#include "tests/unit/unit.h"

static const struct route *route_of(const char *path, enum evhttp_cmd_type method) {
    const struct route *route = route_find(method, path).route;
    assert_non_null(route);
    return route;
}

/* How many faults a query has. */
static size_t count_faults(const struct route *route, const char *query, char *first, size_t size) {
    struct pairs pairs = {0};
    struct faults faults = {0};

    assert_null(pairs_parse_urlencoded(&pairs, query, strlen(query)));
    query_names_check(route, &pairs, &faults);
    size_t count = faults.count;
    snprintf(first, size, "%s", count > 0 ? faults_first(&faults) : "");
    faults_free(&faults);
    pairs_free(&pairs);
    return count;
}

static void name_that_seems_to_mean_one_is_a_fault(void **state) {
    static const char *const names[] = {"page",         "Page",        "per_page",  "per-page",  "perPage",
                                        "page[number]", "offset",      "limits",    "lmit",      "LIMIT",
                                        "limit[]",      "organiserid", "organizer", "sort_by",   "sorts",
                                        "fro",          "form",        "statuses",  "startDate", "cursr"};
    const struct route *list = route_of("/events", EVHTTP_REQ_GET);
    char first[256];

    for (size_t i = 0; i < COUNT(names); i++)
        assert_number(names[i], (int64_t)count_faults(list, names[i], first, sizeof first), 1);
    assert_number("several", (int64_t)count_faults(list, "page=1&limit=2&offset=3&page=1", first, sizeof first), 3);
    assert_string_equal(first, "page is not known; there are limit, cursor, sort, status, q, from, to, organizer_id");
}

static void name_that_is_one_or_far_from_all_is_none(void **state) {
    static const char *const names[] = {"limit",
                                        "cursor",
                                        "sort",
                                        "status",
                                        "q",
                                        "from",
                                        "to",
                                        "organizer_id",
                                        "",
                                        "_",
                                        "t",
                                        "ts",
                                        "o",
                                        "qq",
                                        "utm_source",
                                        "utm_content",
                                        "fbclid",
                                        "gclid",
                                        "ref",
                                        "src",
                                        "lang",
                                        "v",
                                        "%F0%9F%98%80",
                                        "a_name_that_is_longer_than_any_parameter_could_ever_be",
                                        ",",
                                        "page,offset",
                                        "e"};
    char first[256];

    for (size_t i = 0; i < COUNT(names); i++)
        assert_number(names[i],
                      (int64_t)count_faults(route_of("/events", EVHTTP_REQ_GET), names[i], first, sizeof first), 0);
}

static void routes_differ_in_what_they_know(void **state) {
    const struct route *booking = route_of("/register/1", EVHTTP_REQ_POST),
                       *event = route_of("/events/1", EVHTTP_REQ_GET);
    char first[256];

    assert_int_equal(count_faults(booking, "seat=2", first, sizeof first), 1);
    assert_string_equal(first, "seat is not known; there are seats");
    assert_int_equal(count_faults(booking, "quantity=2", first, sizeof first), 1);
    assert_int_equal(count_faults(booking, "seats=2&page=1&limits=1", first, sizeof first), 0);
    assert_int_equal(count_faults(event, "page=1&limit=2&seat=3", first, sizeof first), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_that_seems_to_mean_one_is_a_fault),
        cmocka_unit_test(name_that_is_one_or_far_from_all_is_none),
        cmocka_unit_test(routes_differ_in_what_they_know),
    };
    return cmocka_run_group_tests_name("query_names", tests, NULL, NULL);
}
