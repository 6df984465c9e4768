/* The tarpit: which refusals are held, and that each is released once, in order. */
#include "shim/http/tarpit.h"

#include "db/common/clock.h"
#include "tests/unit/unit.h"

enum { AT_ONCE = 20, HELD = 300 };

static const struct tarpit_options options = {.at_once = AT_ONCE, .hold_us = 20000};

static struct tarpit_entry entries[HELD];
static size_t released;

static void release(struct tarpit_entry *entry) {
    assert_ptr_equal(entry, &entries[released]);
    assert_true(clock_us() >= entry->due_us);
    released++;
}

static void hold_all(struct tarpit *tarpit, void (*each)(struct tarpit_entry *entry)) {
    struct tarpit_entry first[AT_ONCE];

    released = 0;
    for (size_t i = 0; i < AT_ONCE; i++)
        assert_false(tarpit_hold(tarpit, &first[i]));
    for (size_t i = 0; i < HELD; i++) {
        entries[i].release = each;
        assert_true(tarpit_hold(tarpit, &entries[i]));
    }
    assert_int_equal(released, 0);
}

static void few_go_at_once_and_the_others_later_in_order(void **state) {
    struct event_base *base = event_base_new();
    struct tarpit *tarpit = tarpit_new(base, &options);
    hold_all(tarpit, release);
    /* Ends when no event is pending. */
    assert_int_equal(event_base_dispatch(base), 1);
    assert_int_equal(released, HELD);
    tarpit_free(tarpit);
    assert_int_equal(released, HELD);
    event_base_free(base);
}

static void release_early(struct tarpit_entry *entry) {
    assert_ptr_equal(entry, &entries[released++]);
}

static void the_end_releases_all(void **state) {
    struct event_base *base = event_base_new();
    struct tarpit *tarpit = tarpit_new(base, &options);
    hold_all(tarpit, release_early);
    tarpit_free(tarpit);
    assert_int_equal(released, HELD);
    event_base_free(base);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_go_at_once_and_the_others_later_in_order),
        cmocka_unit_test(the_end_releases_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
