/* Settings: which value wins, what is refused, and that no secret is ever printed. */
#include "db/common/settings.h"

#include <limits.h>

#include "tests/unit/env_files.h"

/* Where values go. */
struct targets {
    char *text, *one, *two;
    long number;
};

#define TEXT(member) SETTING_TEXT_AT(struct targets, member)
#define NUMBER(member) SETTING_NUMBER_AT(struct targets, member)

static void text_comes_from_environment_or_fallback(void **state) {
    static const struct {
        const char *value, *fallback, *wanted;
    } rows[] = {
        {"given", "fallback", "given"}, {"given", NULL, "given"}, {NULL, "fallback", "fallback"},
        {"", "fallback", "fallback"},   {NULL, "", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct targets target = {0};
        bool good;
        const struct setting table[] = {{"T_TEXT", .fallback = rows[i].fallback, TEXT(text)}};
        forget(NULL);
        if (rows[i].value != NULL)
            setenv("T_TEXT", rows[i].value, 1);
        char *output = load(table, 1, &target, &good);
        assert_true(good);
        assert_string_equal(output, "");
        assert_string_equal(target.text, rows[i].wanted);
        settings_free(table, 1, &target);
        assert_null(target.text);
        settings_free(table, 1, &target);
        free(output);
    }
}

static void missing_value_names_the_remedy(void **state) {
    static const char *const absent[] = {NULL, ""};
    for (size_t i = 0; i < COUNT(absent); i++) {
        struct targets target = {0};
        bool good;
        const struct setting table[] = {{"T_TEXT", .remedy = "Set it to a word.", TEXT(text)}};
        forget(NULL);
        if (absent[i] != NULL)
            setenv("T_TEXT", absent[i], 1);
        char *output = load(table, 1, &target, &good);
        assert_false(good);
        assert_string_equal(output, "T_TEXT is not set. Set it to a word.\n");
        assert_null(target.text);
        free(output);
    }
}

static void number_within_its_limits_is_taken(void **state) {
    static const struct {
        const char *value;
        long minimum, maximum, wanted;
    } rows[] = {
        {"1", 1, 65535, 1},
        {"65535", 1, 65535, 65535},
        {"0", 0, 10, 0},
        {"-5", -5, 5, -5},
        {"007", 0, 10, 7},
        {"9223372036854775807", 0, LONG_MAX, LONG_MAX},
        {"-9223372036854775808", LONG_MIN, 0, LONG_MIN},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct targets target = {.number = 99};
        bool good;
        const struct setting table[] = {
            {"T_NUMBER", NUMBER(number), .minimum = rows[i].minimum, .maximum = rows[i].maximum}};
        setenv("T_NUMBER", rows[i].value, 1);
        char *output = load(table, 1, &target, &good);
        assert_text(rows[i].value, output, "");
        assert_true(good);
        assert_number(rows[i].value, target.number, rows[i].wanted);
        settings_free(table, 1, &target);
        free(output);
    }
}

static void number_beyond_its_limits_is_refused(void **state) {
    static const char *const bad[] = {
        "0", "65536", "-1", "1x", "x", "1.5", "1e3", "0x10", "1 ", "1,000", "99999999999999999999", "--1", " ",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct targets target = {.number = 99};
        bool good;
        char wanted[200];
        const struct setting table[] = {
            {"T_NUMBER", .remedy = "Set it to 8080.", NUMBER(number), .minimum = 1, .maximum = 65535}};
        setenv("T_NUMBER", bad[i], 1);
        snprintf(wanted, sizeof wanted, "T_NUMBER is \"%s\", which is not a number from 1 to 65535. Set it to 8080.\n",
                 bad[i]);
        char *output = load(table, 1, &target, &good);
        assert_number(bad[i], good, false);
        assert_text(bad[i], output, wanted);
        assert_number(bad[i], target.number, 99);
        free(output);
    }
}

static void number_beyond_a_long_is_refused(void **state) {
    static const char *const bad[] = {"9223372036854775808", "-9223372036854775809"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct targets target = {.number = 99};
        bool good;
        const struct setting table[] = {
            {"T_NUMBER", .remedy = "Mend it.", NUMBER(number), .minimum = LONG_MIN, .maximum = LONG_MAX}};
        setenv("T_NUMBER", bad[i], 1);
        char *output = load(table, 1, &target, &good);
        assert_number(bad[i], good, false);
        assert_number(bad[i], target.number, 99);
        free(output);
    }
}

static void number_has_a_fallback(void **state) {
    struct targets target = {.number = 0};
    bool good;
    const struct setting table[] = {{"T_NUMBER", "8080", NUMBER(number), .minimum = 1, .maximum = 65535}};
    setenv("T_NUMBER", "", 1);
    char *output = load(table, 1, &target, &good);
    assert_true(good);
    assert_int_equal(target.number, 8080);
    free(output);
}

static const char *never_good(const char *value) {
    return "is never good";
}

static void fault_is_reported_with_the_value(void **state) {
    struct targets target = {0};
    bool good;
    const struct setting table[] = {{"T_TEXT", .remedy = "Give up.", TEXT(text), .fault = never_good}};
    setenv("T_TEXT", "some value", 1);
    char *output = load(table, 1, &target, &good);
    assert_false(good);
    assert_string_equal(output, "T_TEXT is \"some value\", which is never good. Give up.\n");
    assert_null(target.text);
    free(output);
}

static void secret_is_never_printed(void **state) {
    struct targets target = {0};
    bool good;
    const struct setting text[] = {
        {"T_SECRET", .remedy = "Make one.", TEXT(text), .secret = true, .fault = never_good}};
    const struct setting digits[] = {{"T_SECRET", .remedy = "Make one.", NUMBER(number), .maximum = 9, .secret = true}};
    setenv("T_SECRET", "hunter2", 1);

    char *output = load(text, 1, &target, &good);
    assert_false(good);
    assert_string_equal(output, "T_SECRET is never good. Make one.\n");
    free(output);

    output = load(digits, 1, &target, &good);
    assert_false(good);
    assert_string_equal(output, "T_SECRET is not a number from 0 to 9. Make one.\n");
    free(output);

    struct capture capture = capture_begin(STDOUT_FILENO);
    settings_help(text, 1);
    output = capture_end(&capture);
    assert_non_null(strstr(output, "T_SECRET"));
    assert_null(strstr(output, "hunter2"));
    free(output);
}

static void every_wrong_setting_is_named(void **state) {
    struct targets target = {0};
    bool good;
    const struct setting table[] = {
        {"T_A", .remedy = "Set it.", TEXT(one)},
        {"T_B", .fallback = "fine", TEXT(two)},
        {"T_NUMBER", .fallback = "12", .remedy = "Mend it.", NUMBER(number), .minimum = 1, .maximum = 9},
    };
    char *output = load(table, COUNT(table), &target, &good);
    assert_false(good);
    assert_string_equal(output, "T_A is not set. Set it.\n"
                                "T_NUMBER is \"12\", which is not a number from 1 to 9. Mend it.\n");
    assert_string_equal(target.two, "fine");
    settings_free(table, COUNT(table), &target);
    assert_null(target.two);
    free(output);
}

static void help_names_every_row(void **state) {
    const struct setting table[] = {
        {"T_A", .help = "what a is", TEXT(text)},
        {"T_B", .fallback = "some", .help = "what b is", TEXT(text)},
        {"T_C", .fallback = "", .help = "what c is", TEXT(text)},
    };
    struct capture capture = capture_begin(STDOUT_FILENO);
    settings_help(table, COUNT(table));
    char *output = capture_end(&capture);
    assert_string_equal(output, "  T_A (required)\n      what a is\n"
                                "  T_B (default some)\n      what b is\n"
                                "  T_C (default none)\n      what c is\n");
    free(output);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(text_comes_from_environment_or_fallback, forget),
        cmocka_unit_test_teardown(missing_value_names_the_remedy, forget),
        cmocka_unit_test_teardown(number_within_its_limits_is_taken, forget),
        cmocka_unit_test_teardown(number_beyond_its_limits_is_refused, forget),
        cmocka_unit_test_teardown(number_beyond_a_long_is_refused, forget),
        cmocka_unit_test_teardown(number_has_a_fallback, forget),
        cmocka_unit_test_teardown(fault_is_reported_with_the_value, forget),
        cmocka_unit_test_teardown(secret_is_never_printed, forget),
        cmocka_unit_test_teardown(every_wrong_setting_is_named, forget),
        cmocka_unit_test(help_names_every_row),
    };
    return cmocka_run_group_tests_name("settings", tests, make_folder, remove_folder);
}
