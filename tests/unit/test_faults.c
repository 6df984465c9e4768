/* Faults of fields: those of the shim and those of the database, one entry per field, in the order of the route. */
#include "shim/api/faults.h"

#include "tests/unit/unit.h"

static const struct route route = {
    .fields = {{"name", .places = IN_BODY}, {"email", .places = IN_BODY}, {"role", .places = IN_BODY}},
};

/* The names of the entries, in their order, in one text. */
static void assert_names(const struct faults *faults, const char *wanted) {
    char names[512] = "";
    for (size_t i = 0; i < faults->count; i++) {
        strcat(names, i > 0 ? " " : "");
        strcat(names, faults->entries[i].name);
    }
    assert_string_equal(names, wanted);
}

static void what_is_merged_stands_where_its_field_does(void **state) {
    struct faults faults = {0};
    faults_add(&faults, IN_BODY, "email", "is required");
    faults_add(&faults, IN_BODY, "shoe", "is not a field of this request");
    faults_merge(&faults, &route, IN_BODY, "role", "role must be known");
    assert_names(&faults, "email role shoe");
    faults_merge(&faults, &route, IN_BODY, "name", "name must not be blank");
    assert_names(&faults, "name email role shoe");
    assert_string_equal(faults_first(&faults), "name must not be blank");
    faults_merge(&faults, &route, IN_BODY, "hat", "hat must fit");
    assert_names(&faults, "name email role shoe hat");
    faults_free(&faults);
}

static void own_words_come_first(void **state) {
    struct faults faults = {0};
    faults_add(&faults, IN_BODY, "email", "must be a text");
    faults_merge(&faults, &route, IN_BODY, "email", "email is required");
    assert_int_equal(faults.count, 1);
    assert_string_equal(faults_first(&faults), "email must be a text");
    faults_free(&faults);
}

static void what_is_merged_has_room_beside_the_most_that_is_added(void **state) {
    struct faults faults = {0};
    for (size_t i = 0; i < 100; i++)
        faults_add(&faults, IN_BODY, "shoe", "is not a field of this request");
    assert_int_equal(faults.count, FAULTS_OWN);
    for (size_t i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "m%zu", i);
        faults_merge(&faults, &route, IN_BODY, name, "is odd");
    }
    assert_int_equal(faults.count, FAULTS_MAXIMUM);
    faults_add_sentence(&faults, IN_BODY, "one more", "One more");
    assert_int_equal(faults.count, FAULTS_MAXIMUM);
    faults_free(&faults);
    assert_int_equal(faults.count, 0);
}

static void nothing_is_first_of_nothing(void **state) {
    struct faults faults = {0};
    assert_string_equal(faults_first(&faults), "");
    faults_free(&faults);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_merged_stands_where_its_field_does),
        cmocka_unit_test(own_words_come_first),
        cmocka_unit_test(what_is_merged_has_room_beside_the_most_that_is_added),
        cmocka_unit_test(nothing_is_first_of_nothing),
    };
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
