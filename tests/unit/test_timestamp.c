/* Points in time: which texts are read as which second in which zone, which are refused, and how seconds are written.
 */
#include "shim/api/timestamp.h"

#include <time.h>

#include "tests/unit/unit.h"

/* Zones by their rules, so that the tests also work where no tzdata is installed. */
static const char utc[] = "UTC0";
static const char berlin[] = "CET-1CEST,M3.5.0,M10.5.0/3";
static const char new_york[] = "EST5EDT,M3.2.0,M11.1.0";
static const char st_johns[] = "NST3:30NDT,M3.2.0,M11.1.0";
static const char lord_howe[] = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";
static const char kolkata[] = "IST-5:30";

static const char malformed[] = "must be a date and time such as 2030-12-31T18:30:00+01:00";
static const char impossible[] = "must be a date and time that exists";
static const char too_early[] = "must not be before 1970";

static const int64_t last_second = INT64_C(253402300799); /* 9999-12-31T23:59:59Z */

static void set_zone(const char *zone) {
    setenv("TZ", zone, 1);
    tzset();
}

static int reset_zone(void **state) {
    unsetenv("TZ");
    tzset();
    return 0;
}

/* Parses a copy of exactly that length. */
static const char *parse_bytes(const char *bytes, size_t length, int64_t *seconds) {
    char *copy = exact_copy(bytes, length);
    const char *fault = timestamp_parse(copy, length, seconds);
    free(copy);
    return fault;
}

static const char *parse(const char *text, int64_t *seconds) {
    return parse_bytes(text, strlen(text), seconds);
}

struct row {
    const char *zone, *text;
    int64_t seconds;
};

static void assert_read(const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int64_t seconds = -1;
        set_zone(rows[i].zone);
        assert_text(rows[i].text, parse(rows[i].text, &seconds), NULL);
        assert_number(rows[i].text, seconds, rows[i].seconds);
    }
}

static void assert_refused(const char *zone, const char *const *texts, size_t count, const char *fault) {
    set_zone(zone);
    for (size_t i = 0; i < count; i++) {
        int64_t seconds = -1;
        assert_text(texts[i], parse(texts[i], &seconds), fault);
        assert_number(texts[i], seconds, -1);
    }
}

static void every_form_is_read(void **state) {
    static const struct row rows[] = {
        {utc, "2030-12-31", 1924905600},
        {utc, "2030-12-31T18:30", 1924972200},
        {utc, "2030-12-31t18:30", 1924972200},
        {utc, "2030-12-31 18:30", 1924972200},
        {utc, "2030-12-31T18:30:15", 1924972215},
        {utc, "2030-12-31T18:30:15.5", 1924972215},
        {utc, "2030-12-31T18:30:15.999999999999999999", 1924972215},
        {utc, "2030-12-31T18:30Z", 1924972200},
        {utc, "2030-12-31T18:30z", 1924972200},
        {utc, "2030-12-31t18:30:00z", 1924972200},
        {utc, "2030-12-31T18:30:00.000Z", 1924972200},
        {utc, "2030-12-31T19:30+01:00", 1924972200},
        {utc, "2030-12-31T19:30+0100", 1924972200},
        {utc, "2030-12-31T19:30:00.25+01:00", 1924972200},
        {utc, "2030-12-31 19:30:00 01:00", 1924972200},
        {utc, "2030-12-31T19:30 0100", 1924972200},
        {utc, "2030-12-31T13:30-05:00", 1924972200},
        {utc, "2030-12-31T18:30-00:00", 1924972200},
        {utc, "2031-01-01T00:00+05:30", 1924972200},
        {utc, "2030-12-31T15:00-03:30", 1924972200},
        {utc, "2031-01-01T18:29+23:59", 1924972200},
        {utc, "2030-12-30T18:31-23:59", 1924972200},
    };
    assert_read(rows, COUNT(rows));
}

static void offset_goes_before_zone(void **state) {
    static const char *const zones[] = {utc, berlin, new_york, kolkata};
    for (size_t i = 0; i < COUNT(zones); i++) {
        const struct row rows[] = {
            {zones[i], "2030-12-31T18:30Z", 1924972200},
            {zones[i], "2030-12-31T19:30+01:00", 1924972200},
            {zones[i], "2030-03-31T02:30+01:00", 1901151000}, /* Berlin's gap, but the offset says which second */
        };
        assert_read(rows, COUNT(rows));
    }
}

static void text_without_offset_is_local(void **state) {
    static const struct row rows[] = {
        {berlin, "2030-12-31T18:30", 1924968600},   {berlin, "2030-07-01T12:00", 1909130400},
        {berlin, "2030-07-01", 1909087200},         {berlin, "2030-12-31 18:30:00.9", 1924968600},
        {kolkata, "2030-12-31T18:30", 1924952400},  {new_york, "2030-12-31T18:30", 1924990200},
        {st_johns, "2030-07-01T12:00", 1909146600},
    };
    assert_read(rows, COUNT(rows));
}

static void clock_change_is_respected(void **state) {
    static const struct row rows[] = {
        {berlin, "2030-03-31T01:59:59", 1901149199}, {berlin, "2030-03-31T03:00:00", 1901149200},
        {berlin, "2030-10-27T01:59:59", 1919289599}, {berlin, "2030-10-27T03:00:00", 1919296800},
        {new_york, "2030-03-10T03:00", 1899356400},
    };
    assert_read(rows, COUNT(rows));
}

static void local_time_that_is_left_out_is_refused(void **state) {
    static const char *const spring[] = {"2030-03-31T02:00", "2030-03-31T02:30", "2030-03-31T02:59:59"};
    static const char *const march[] = {"2030-03-10T02:00", "2030-03-10T02:59:59"};
    assert_refused(berlin, spring, COUNT(spring), impossible);
    assert_refused(new_york, march, COUNT(march), impossible);
}

static void local_time_that_comes_twice_is_the_first(void **state) {
    static const struct row rows[] = {
        {berlin, "2030-07-01T12:00", 1909130400},
        {berlin, "2030-10-27T02:30", 1919291400}, /* after a time in summer */
        {berlin, "2030-01-01T12:00", 1893495600},
        {berlin, "2030-10-27T02:30", 1919291400}, /* after one in winter, which mktime would take for a hint */
        {berlin, "2030-10-27T02:00", 1919289600},
        {berlin, "2030-10-27T02:59:59", 1919293199},
        {berlin, "2030-10-27T02:30+02:00", 1919291400},
        {berlin, "2030-10-27T02:30+01:00", 1919295000},
        {new_york, "2030-11-03T01:30", 1919914200},
        {lord_howe, "2030-04-07T01:45", 1901717100}, /* set back by half an hour only */
    };
    assert_read(rows, COUNT(rows));
}

static void day_that_does_not_exist_is_refused(void **state) {
    static const char *const texts[] = {
        "2030-00-01",          "2030-13-01",       "2030-01-00",           "2030-01-32",
        "2030-04-31",          "2030-06-31",       "2030-02-29",           "2030-02-30",
        "2100-02-29",          "2030-99-99",       "2030-01-01T24:00",     "2030-01-01T23:60",
        "2030-01-01T23:59:60", "2030-01-01T99:99", "2030-06-30T23:59:60Z", "2030-02-29T12:00Z"};
    assert_refused(utc, texts, COUNT(texts), impossible);
    assert_refused(berlin, texts, COUNT(texts), impossible);
}

static void leap_day_is_read(void **state) {
    static const struct row rows[] = {
        {utc, "2024-02-29", 1709164800},
        {utc, "2000-02-29", 951782400},
        {utc, "2400-02-29T00:00Z", INT64_C(13574563200)},
    };
    assert_read(rows, COUNT(rows));
}

static void limits_are_1970_and_9999(void **state) {
    static const struct row good[] = {
        {utc, "1970-01-01", 0},
        {utc, "1970-01-01T00:00:00Z", 0},
        {utc, "1970-01-01T01:00+01:00", 0},
        {berlin, "1970-01-01T01:00", 0},
        {utc, "2038-01-19T03:14:08Z", INT64_C(2147483648)},
        {utc, "9999-12-31T23:59:59", last_second},
        {utc, "9999-12-31T23:59:59.999Z", last_second},
        {berlin, "9999-12-31T23:59:59", last_second - 3600},
        {new_york, "9999-12-31T18:59:59", last_second},
    };
    static const char *const early[] = {"1969-12-31T23:59:59Z", "1969-12-31T23:59:59-01:00", "0000-01-01", "0001-01-01",
                                        "1969-99-99"};
    static const char *const beyond[] = {"1970-01-01T00:59:59+01:00", "9999-12-31T23:59:59-00:01"};
    assert_read(good, COUNT(good));
    assert_refused(utc, early, COUNT(early), too_early);
    assert_refused(utc, beyond, COUNT(beyond), impossible);
    assert_refused(berlin, (const char *const[]){"1970-01-01T00:59:59"}, 1, impossible);
    assert_refused(new_york, (const char *const[]){"9999-12-31T19:00:00"}, 1, impossible);
}

static const char *const malformed_texts[] = {
    "",
    " ",
    "tomorrow",
    "2030",
    "2030-1-1",
    "30-01-01",
    "02030-01-01",
    "10000-01-01",
    "+2030-01-01",
    "-2030-01-01",
    "2030/01/01",
    "20300101",
    "2030-W01-1",
    "2030-001",
    " 2030-01-01",
    "2030-01-01 ",
    "2030-01-01T",
    "2030-01-01Z",
    "2030-01-01+01:00",
    "2030-01-01x12:00",
    "2030-01-01  12:00",
    "2030-01-01T12",
    "2030-01-01T12:",
    "2030-01-01T1:00",
    "2030-01-01T12:0",
    "2030-01-01T1200",
    "2030-01-01T12:00:",
    "2030-01-01T12:00:0",
    "2030-01-01T12:00.5",
    "2030-01-01T12:00:00.",
    "2030-01-01T12:00:00.Z",
    "2030-01-01T12:00:00,5",
    "2030-01-01T12:00:00.5.5",
    "2030-01-01T12:00ZZ",
    "2030-01-01T12:00Z ",
    "2030-01-01T12:00Z+01:00",
    "2030-01-01T12:00 ",
    "2030-01-01T12:00\n",
    "2030-01-01T12:00UTC",
    "2030-01-01T12:00 Z",
    "2030-01-01T12:00+",
    "2030-01-01T12:00+1",
    "2030-01-01T12:00+01",
    "2030-01-01T12:00+01:",
    "2030-01-01T12:00+01:0",
    "2030-01-01T12:00+010",
    "2030-01-01T12:00+01:000",
    "2030-01-01T12:00+01:00:00",
    "2030-01-01T12:00+24:00",
    "2030-01-01T12:00+00:60",
    "2030-01-01T12:00-24:00",
    "2030-01-01T12:00+-1:00",
    "2030-01-01T12:00+01:00x",
    "2030-01-01T12:00  01:00",
    "2030-01-01T-1:00",
    "2030-01-01T12:00:-1",
    "\xd9\xa2\xd9\xa0\xd9\xa3\xd9\xa0-01-01", /* 2030 in Arabic digits */
};

static void anything_else_is_malformed(void **state) {
    assert_refused(utc, malformed_texts, COUNT(malformed_texts), malformed);
}

static void nul_does_not_end_a_text(void **state) {
    static const char text[] = "2030-01-01T12:00\0Z";
    int64_t seconds;
    set_zone(utc);
    assert_text("NUL and Z", parse_bytes(text, sizeof text - 1, &seconds), malformed);
    assert_text("NUL", parse_bytes(text, strlen(text) + 1, &seconds), malformed);
}

static void cut_text_is_never_read_beyond(void **state) {
    static const char text[] = "2030-12-31T19:30:00.25+01:00";
    set_zone(utc);
    for (size_t length = 0; length < sizeof text; length++) {
        int64_t seconds = -1;
        const char *fault = parse_bytes(text, length, &seconds);
        if (fault != NULL)
            assert_string_equal(fault, malformed);
    }
}

static void seconds_are_written_in_local_time(void **state) {
    static const struct row rows[] = {
        {utc, "1970-01-01T00:00:00+00:00", 0},
        {utc, "2030-12-31T18:30:00+00:00", 1924972200},
        {utc, "9999-12-31T23:59:59+00:00", last_second},
        {berlin, "1970-01-01T01:00:00+01:00", 0},
        {berlin, "2030-12-31T19:30:00+01:00", 1924972200},
        {berlin, "2030-07-01T12:00:00+02:00", 1909130400},
        {berlin, "2030-10-27T02:30:00+02:00", 1919291400},
        {berlin, "2030-10-27T02:30:00+01:00", 1919295000},
        {new_york, "2030-12-31T13:30:00-05:00", 1924972200},
        {new_york, "1969-12-31T19:00:00-05:00", 0},
        {st_johns, "2030-07-01T12:00:00-02:30", 1909146600},
        {kolkata, "2031-01-01T00:00:00+05:30", 1924972200},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[TIMESTAMP_SIZE];
        set_zone(rows[i].zone);
        assert_number(rows[i].text, (int64_t)timestamp_format(rows[i].seconds, text), (int64_t)strlen(rows[i].text));
        assert_text(rows[i].zone, text, rows[i].text);
    }
}

static void written_seconds_are_read_again(void **state) {
    static const char *const zones[] = {utc, berlin, new_york, st_johns, kolkata};
    for (size_t i = 0; i < COUNT(zones); i++) {
        set_zone(zones[i]);
        /* A step of some 10 months, which comes by every day, hour and offset. */
        for (int64_t seconds = 86400; seconds < last_second - 86400; seconds += 26000017) {
            char text[TIMESTAMP_SIZE];
            int64_t again = -1;
            timestamp_format(seconds, text);
            assert_text(text, parse(text, &again), NULL);
            assert_number(text, again, seconds);
        }
    }
}

static void form_value_of_16_characters_changes_nothing(void **state) {
    set_zone(berlin);
    for (int64_t seconds = 1893456000; seconds < 1893456000 + 300 * 86400; seconds += 3600) {
        char text[TIMESTAMP_SIZE];
        int64_t again = -1;
        timestamp_format(seconds, text);
        if (strncmp(text, "2030-10-27T02", 13) == 0)
            continue; /* comes twice */
        assert_text(text, parse_bytes(text, 16, &again), NULL);
        assert_number(text, again, seconds);
    }
}

static void year_10000_of_the_zone_is_refused(void **state) {
    static const char *const texts[] = {"9999-12-31T23:00:00Z", "9999-12-31T23:59:59Z"};
    assert_read((const struct row[]){{berlin, "9999-12-31T22:59:59Z", last_second - 3600}}, 1);
    assert_refused(berlin, texts, COUNT(texts), impossible);
}

/* What is looked for may lie beyond what there can be; what is no date stays none. */
static void bound_is_never_out_of_reach(void **state) {
    static const int64_t first = INT64_C(-30610224000); /* 1000-01-01T00:00:00Z */
    static const struct row rows[] = {
        {utc, "1900-01-01", -2208988800},
        {berlin, "1900-01-01", -2208992400},
        {utc, "1969-12-31T23:59:59Z", -1},
        {berlin, "1970-01-01T00:59:59", -1},
        {utc, "1000-01-01", first},
        {utc, "0999-12-31T23:59:59", first},
        {utc, "0000-01-01", first},
        {utc, "0001-01-01T00:00+23:59", first},
        {utc, "9999-12-31T23:59:59Z", last_second},
        {berlin, "9999-12-31T23:59:59Z", last_second},
        {new_york, "9999-12-31", last_second - 86399 + 5 * 3600},
        {new_york, "9999-12-31T23:59:59", last_second},
        {kolkata, "9999-12-31T23:59:59-23:59", last_second},
        {utc, "2030-12-31T18:30", 1924972200},
        {berlin, "2030-07-01", 1909087200},
        /* Skipped by the clocks. */
        {berlin, "2030-03-31T01:59:59", 1901149199},
        {berlin, "2030-03-31T02:00", 1901149200},
        {berlin, "2030-03-31T02:30", 1901151000},
        {berlin, "2030-03-31T03:00", 1901149200},
        {new_york, "2030-03-10T02:00", 1899356400},
        {"EET-2EEST,M4.5.5/0,M10.5.5/0", "2036-04-25", 2092687200},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t seconds = 0, other;
        set_zone(rows[i].zone);
        /* mktime goes by what it was asked before. */
        parse(i % 2 == 0 ? "2030-01-15" : "2030-07-15", &other);
        assert_text(rows[i].text, timestamp_parse_bound(rows[i].text, strlen(rows[i].text), &seconds), NULL);
        assert_number(rows[i].text, seconds, rows[i].seconds);
    }
    static const char *const wrong[] = {
        "", "1900", "1900-02-29", "2030-02-30", "2030-01-01T24:00", "10000-01-01", "-001-01-01"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        int64_t seconds;
        if (timestamp_parse_bound(wrong[i], strlen(wrong[i]), &seconds) == NULL)
            fail_msg("\"%s\" is taken for a date", wrong[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_read),
        cmocka_unit_test(offset_goes_before_zone),
        cmocka_unit_test(text_without_offset_is_local),
        cmocka_unit_test(clock_change_is_respected),
        cmocka_unit_test(local_time_that_is_left_out_is_refused),
        cmocka_unit_test(local_time_that_comes_twice_is_the_first),
        cmocka_unit_test(day_that_does_not_exist_is_refused),
        cmocka_unit_test(leap_day_is_read),
        cmocka_unit_test(limits_are_1970_and_9999),
        cmocka_unit_test(anything_else_is_malformed),
        cmocka_unit_test(nul_does_not_end_a_text),
        cmocka_unit_test(cut_text_is_never_read_beyond),
        cmocka_unit_test(seconds_are_written_in_local_time),
        cmocka_unit_test(written_seconds_are_read_again),
        cmocka_unit_test(form_value_of_16_characters_changes_nothing),
        cmocka_unit_test(year_10000_of_the_zone_is_refused),
        cmocka_unit_test(bound_is_never_out_of_reach),
    };
    return cmocka_run_group_tests_name("timestamp", tests, NULL, reset_zone);
}
