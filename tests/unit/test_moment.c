/* Points in time as people read them: zones with and without names, both sides of the changes of the clocks. */
#include "notifier/moment.h"

#include <time.h>

#include "tests/unit/unit.h"

static int reset_zone(void **state) {
    unsetenv("TZ");
    tzset();
    return 0;
}

/* What is written for that second in the zone, to be released with free(). */
static char *written(int64_t seconds, const char *zone) {
    struct buffer out = {0};
    setenv("TZ", zone, 1);
    tzset();
    moment_write(&out, seconds, zone);
    buffer_append(&out, "", 1);
    assert_false(out.failed);
    return out.data;
}

struct row {
    const char *zone;
    int64_t seconds;
    const char *text;
};

static void assert_written(const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char *text = written(rows[i].seconds, rows[i].zone);
        assert_text(rows[i].zone, text, rows[i].text);
        free(text);
    }
}

static void zone_is_told_with_letters_and_name(void **state) {
    static const struct row rows[] = {
        {"Europe/Berlin", 1795539600, "Tuesday, 24 November 2026, 18:00 CET (Europe/Berlin)"},
        {"Europe/Berlin", 1815660000, "Thursday, 15 July 2027, 16:00 CEST (Europe/Berlin)"},
        {"Europe/London", 1795539600, "Tuesday, 24 November 2026, 17:00 GMT (Europe/London)"},
        {"Europe/London", 1815660000, "Thursday, 15 July 2027, 15:00 BST (Europe/London)"},
        {"America/New_York", 1795539600, "Tuesday, 24 November 2026, 12:00 EST (America/New_York)"},
        {"America/St_Johns", 1795539600, "Tuesday, 24 November 2026, 13:30 NST (America/St_Johns)"},
        {"America/Argentina/Ushuaia", 1795539600,
         "Tuesday, 24 November 2026, 14:00 UTC-03:00 (America/Argentina/Ushuaia)"},
    };
    assert_written(rows, COUNT(rows));
}

static void abbreviation_that_is_a_number_is_an_offset(void **state) {
    static const struct row rows[] = {
        {"America/Sao_Paulo", 1795539600, "Tuesday, 24 November 2026, 14:00 UTC-03:00 (America/Sao_Paulo)"},
        {"Asia/Kathmandu", 1795539600, "Tuesday, 24 November 2026, 22:45 UTC+05:45 (Asia/Kathmandu)"},
        {"Pacific/Chatham", 1795539600, "Wednesday, 25 November 2026, 06:45 UTC+13:45 (Pacific/Chatham)"},
        {"Pacific/Marquesas", 1795539600, "Tuesday, 24 November 2026, 07:30 UTC-09:30 (Pacific/Marquesas)"},
        {"Etc/GMT+3", 1795539600, "Tuesday, 24 November 2026, 14:00 UTC-03:00 (Etc/GMT+3)"},
    };
    assert_written(rows, COUNT(rows));
}

static void utc_says_so_once(void **state) {
    static const struct row rows[] = {
        {"UTC", 1795539600, "Tuesday, 24 November 2026, 17:00 UTC"},
        {":UTC", 1795539600, "Tuesday, 24 November 2026, 17:00 UTC"},
        {"UTC0", 1795539600, "Tuesday, 24 November 2026, 17:00 UTC"},
        {"Etc/UTC", 1795539600, "Tuesday, 24 November 2026, 17:00 UTC (Etc/UTC)"},
        {"UTC", 0, "Thursday, 1 January 1970, 00:00 UTC"},
        {"UTC", INT64_C(253402300799), "Friday, 31 December 9999, 23:59 UTC"},
    };
    assert_written(rows, COUNT(rows));
}

static void clocks_go_forward(void **state) {
    static const struct row rows[] = {
        {"Europe/Berlin", 1806195599, "Sunday, 28 March 2027, 01:59 CET (Europe/Berlin)"},
        {"Europe/Berlin", 1806195600, "Sunday, 28 March 2027, 03:00 CEST (Europe/Berlin)"},
        {"America/New_York", 1805007600, "Sunday, 14 March 2027, 03:00 EDT (America/New_York)"},
    };
    assert_written(rows, COUNT(rows));
}

static void hour_that_comes_twice_is_told_apart(void **state) {
    static const struct row rows[] = {
        {"Europe/Berlin", 1824942600, "Sunday, 31 October 2027, 02:30 CEST (Europe/Berlin)"},
        {"Europe/Berlin", 1824944399, "Sunday, 31 October 2027, 02:59 CEST (Europe/Berlin)"},
        {"Europe/Berlin", 1824944400, "Sunday, 31 October 2027, 02:00 CET (Europe/Berlin)"},
        /* A rule and a zone without letters as well. */
        {"CET-1CEST,M3.5.0,M10.5.0/3", 1824942600, "Sunday, 31 October 2027, 02:30 CEST (UTC+02:00)"},
        {"CET-1CEST,M3.5.0,M10.5.0/3", 1824946200, "Sunday, 31 October 2027, 02:30 CET (UTC+01:00)"},
        {"Pacific/Chatham", 1806759900, "Sunday, 4 April 2027, 03:30 UTC+13:45 (Pacific/Chatham)"},
        {"Pacific/Chatham", 1806763500, "Sunday, 4 April 2027, 03:30 UTC+12:45 (Pacific/Chatham)"},
        {"Europe/Berlin", 1824946200, "Sunday, 31 October 2027, 02:30 CET (Europe/Berlin)"},
    };
    assert_written(rows, COUNT(rows));
}

static void midnight_is_the_day_that_begins(void **state) {
    static const struct row rows[] = {
        {"Europe/Berlin", 1798758000, "Friday, 1 January 2027, 00:00 CET (Europe/Berlin)"},
        {"Europe/Berlin", 1798757999, "Thursday, 31 December 2026, 23:59 CET (Europe/Berlin)"},
        {"UTC", 1835438400, "Tuesday, 29 February 2028, 12:00 UTC"},
        {"UTC", 1835481600, "Wednesday, 1 March 2028, 00:00 UTC"},
    };
    assert_written(rows, COUNT(rows));
}

static void seconds_are_left_out(void **state) {
    static const struct row rows[] = {
        {"UTC", 1795539601, "Tuesday, 24 November 2026, 17:00 UTC"},
        {"UTC", 1795539659, "Tuesday, 24 November 2026, 17:00 UTC"},
        {"UTC", 1795539660, "Tuesday, 24 November 2026, 17:01 UTC"},
    };
    assert_written(rows, COUNT(rows));
}

/* A rule or a path is nothing that a participant could make sense of. */
static void rule_and_path_are_not_shown(void **state) {
    static const struct row rows[] = {
        {"CET-1CEST,M3.5.0,M10.5.0/3", 1795539600, "Tuesday, 24 November 2026, 18:00 CET (UTC+01:00)"},
        {"CET-1CEST,M3.5.0/2,M10.5.0/3", 1815660000, "Thursday, 15 July 2027, 16:00 CEST (UTC+02:00)"},
        {"EST5EDT,M3.2.0,M11.1.0", 1795539600, "Tuesday, 24 November 2026, 12:00 EST (UTC-05:00)"},
        {"IST-5:30", 1795539600, "Tuesday, 24 November 2026, 22:30 IST (UTC+05:30)"},
        {"<-03>3", 1795539600, "Tuesday, 24 November 2026, 14:00 UTC-03:00"},
        {"<+1030>-10:30<+11>-11,M10.1.0/2,M4.1.0/2", 1795539600, "Wednesday, 25 November 2026, 04:00 UTC+11:00"},
        {"/usr/share/zoneinfo/Europe/Berlin", 1795539600, "Tuesday, 24 November 2026, 18:00 CET (UTC+01:00)"},
        {":/usr/share/zoneinfo/Europe/Berlin", 1795539600, "Tuesday, 24 November 2026, 18:00 CET (UTC+01:00)"},
    };
    assert_written(rows, COUNT(rows));
}

static void colon_before_a_zone_is_left_out(void **state) {
    static const struct row rows[] = {
        {":Europe/Berlin", 1795539600, "Tuesday, 24 November 2026, 18:00 CET (Europe/Berlin)"},
    };
    assert_written(rows, COUNT(rows));
}

static void zone_of_one_word_is_its_letters(void **state) {
    static const struct row rows[] = {
        {"GMT", 1795539600, "Tuesday, 24 November 2026, 17:00 GMT (UTC+00:00)"},
    };
    assert_written(rows, COUNT(rows));
}

static void moment_is_appended(void **state) {
    struct buffer out = {0};
    buffer_text(&out, "When: ");
    setenv("TZ", "UTC", 1);
    tzset();
    moment_write(&out, 0, "UTC");
    buffer_append(&out, "", 1);
    assert_string_equal(out.data, "When: Thursday, 1 January 1970, 00:00 UTC");
    buffer_free(&out);
}

/* The name of every month and day, against strftime. */
static void every_day_has_its_name(void **state) {
    setenv("TZ", "UTC", 1);
    tzset();
    for (int64_t seconds = 1767225600; seconds < 1767225600 + 400 * 86400; seconds += 86400) {
        char wanted[64], *text = written(seconds, "UTC");
        time_t time = (time_t)seconds;
        struct tm tm;
        gmtime_r(&time, &tm);
        strftime(wanted, sizeof wanted, "%A, %-d %B %Y, %H:%M UTC", &tm);
        assert_text(wanted, text, wanted);
        free(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zone_is_told_with_letters_and_name),
        cmocka_unit_test(abbreviation_that_is_a_number_is_an_offset),
        cmocka_unit_test(utc_says_so_once),
        cmocka_unit_test(clocks_go_forward),
        cmocka_unit_test(hour_that_comes_twice_is_told_apart),
        cmocka_unit_test(midnight_is_the_day_that_begins),
        cmocka_unit_test(seconds_are_left_out),
        cmocka_unit_test(rule_and_path_are_not_shown),
        cmocka_unit_test(colon_before_a_zone_is_left_out),
        cmocka_unit_test(zone_of_one_word_is_its_letters),
        cmocka_unit_test(moment_is_appended),
        cmocka_unit_test(every_day_has_its_name),
    };
    return cmocka_run_group_tests_name("moment", tests, NULL, reset_zone);
}
