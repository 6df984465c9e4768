/* A trouble that lasts: a line when it begins, one a minute, and one when it is over, whatever happens in between. */
#include "db/common/trouble.h"

#include "tests/unit/unit.h"

static const char stamp[] = "2035-05-01T18:00:00.000Z ";

static struct trouble away(void) {
    return (struct trouble){.name = "database unreachable", .relief = "database reachable again"};
}

/* The line without its time, or NULL at the end. */
static const char *next_line(char **text) {
    char *line = strsep(text, "\n");
    return line != NULL && *line != '\0' ? line + strlen(stamp) : NULL;
}

static void assert_lines(char *text, const char *const *wanted) {
    char *rest = text;
    for (; *wanted != NULL; wanted++)
        assert_text("next line", next_line(&rest), *wanted);
    assert_null(next_line(&rest));
    free(text);
}

static void trouble_is_told_when_it_begins_and_is_over(void **state) {
    struct trouble trouble = away();
    struct capture capture = capture_begin(STDERR_FILENO);
    trouble_over(&trouble, 1000000);
    trouble_met(&trouble, "Access denied (1045)", 5000000);
    for (int64_t now = 5000001; now < 64000000; now += 100000)
        trouble_met(&trouble, now % 200000 == 1 ? "Access denied (1045)" : NULL, now);
    trouble_over(&trouble, 64000000);
    trouble_over(&trouble, 64000001);
    trouble_met(&trouble, "Access denied (1045)", 65000000);
    char *text = capture_end(&capture);
    static const char *const wanted[] = {"error database unreachable: Access denied (1045)",
                                         "info database reachable again, after 59 s",
                                         "error database unreachable: Access denied (1045)", NULL};
    assert_lines(text, wanted);
}

static void trouble_that_lasts_is_told_once_a_minute(void **state) {
    struct trouble trouble = away();
    struct capture capture = capture_begin(STDERR_FILENO);
    for (int64_t second = 0; second <= 150; second++) {
        for (int i = 0; i < 10; i++)
            trouble_met(&trouble, i == 0 ? "gone (2002)" : NULL, second * 1000000);
    }
    char *text = capture_end(&capture);
    static const char *const wanted[] = {
        "error database unreachable: gone (2002)",
        "error database unreachable for 60 s, met 600 times since this was last said: gone (2002)",
        "error database unreachable for 120 s, met 600 times since this was last said: gone (2002)", NULL};
    assert_lines(text, wanted);
}

static void another_reason_is_told_earlier(void **state) {
    struct trouble trouble = away();
    struct capture capture = capture_begin(STDERR_FILENO);
    trouble_met(&trouble, "gone (2002)", 0);
    trouble_met(&trouble, "denied (1045)", 20000000);
    trouble_met(&trouble, "denied (1045)", 35000000);
    /* But reasons that take turns do not fill the log. */
    for (int64_t now = 36000000; now < 56000000; now += 1000)
        trouble_met(&trouble, now % 2000 == 0 ? "one" : "two", now);
    char *text = capture_end(&capture);
    static const char *const wanted[] = {
        "error database unreachable: gone (2002)",
        "error database unreachable for 20 s, met 1 times since this was last said: denied (1045)",
        "error database unreachable for 36 s, met 2 times since this was last said: one",
        "error database unreachable for 46 s, met 10000 times since this was last said: one", NULL};
    assert_lines(text, wanted);
}

static void long_reason_is_cut_and_stays_the_same(void **state) {
    struct trouble trouble = away();
    char reason[2000];
    memset(reason, 'x', sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    struct capture capture = capture_begin(STDERR_FILENO);
    trouble_met(&trouble, reason, 0);
    trouble_met(&trouble, reason, 20000000);
    char *text = capture_end(&capture);
    assert_int_equal(strlen(text), strlen(stamp) + strlen("error database unreachable: ") + sizeof trouble.reason);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trouble_is_told_when_it_begins_and_is_over),
        cmocka_unit_test(trouble_that_lasts_is_told_once_a_minute),
        cmocka_unit_test(another_reason_is_told_earlier),
        cmocka_unit_test(long_reason_is_cut_and_stays_the_same),
    };
    return cmocka_run_group_tests_name("trouble", tests, NULL, NULL);
}
