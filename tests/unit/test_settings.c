/* Settings: the forms of a .env file, which value wins, what is refused, and that no secret is ever printed. */
#include "db/common/settings.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "tests/unit/unit.h"

static char folder[] = "/tmp/test_settings.XXXXXX";
static char file[64];

static int make_folder(void **state) {
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(file, sizeof file, "%s/.env", folder);
    return 0;
}

static int remove_folder(void **state) {
    return rmdir(folder);
}

static int forget(void **state) {
    static const char *const names[] = {"T_A", "T_B", "T_C", "T_TEXT", "T_NUMBER", "T_SECRET", "exported"};
    for (size_t i = 0; i < COUNT(names); i++)
        unsetenv(names[i]);
    unlink(file);
    return 0;
}

static void write_file(const char *bytes, size_t length) {
    FILE *stream = fopen(file, "w");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, length, stream), length);
    assert_int_equal(fclose(stream), 0);
}

/* Reads the file with these lines; what it says on standard error is to be released with free(). */
static char *read_lines(const char *lines, bool *good) {
    write_file(lines, strlen(lines));
    struct capture capture = capture_begin(STDERR_FILENO);
    *good = settings_read_file(file);
    return capture_end(&capture);
}

static char *load(const struct setting *table, size_t count, bool *good) {
    struct capture capture = capture_begin(STDERR_FILENO);
    *good = settings_load(table, count);
    return capture_end(&capture);
}

static void line_sets_a_name(void **state) {
    static const struct {
        const char *lines, *value;
    } rows[] = {
        {"T_A=one\n", "one"},
        {"T_A=one", "one"},
        {"T_A=one\r\n", "one"},
        {"T_A=one two\n", "one two"},
        {"  T_A = one \t\n", "one"},
        {"\tT_A\t=\tone\n", "one"},
        {"T_A=\n", ""},
        {"T_A=   \n", ""},
        {"T_A=\"\"\n", ""},
        {"T_A=''\n", ""},
        {"T_A=\"one\"\n", "one"},
        {"T_A='one'\n", "one"},
        {"T_A=\"one\"\r\n", "one"},
        {"T_A=\" one \"\n", " one "},
        {"T_A='a\"b'\n", "a\"b"},
        {"T_A=\"it's\"\n", "it's"},
        {"T_A='$HOME \\n `x`'\n", "$HOME \\n `x`"},
        {"T_A=\"one\" # comment\n", "one"},
        {"T_A=\"one # two\"\n", "one # two"},
        {"T_A='#'\n", "#"},
        {"T_A=one # comment\n", "one"},
        {"T_A=one\t# it's \"one\"\n", "one"},
        {"T_A=one#two\n", "one#two"},
        {"T_A=one #two\n", "one"},
        {"T_A=\"one#two\"\n", "one#two"},
        {"T_A=#one\n", ""},
        {"T_A= # comment\n", ""},
        {"T_A=it's\n", "it's"},
        {"T_A=a=b=\n", "a=b="},
        {"export T_A=one\n", "one"},
        {"  export   T_A='one'\n", "one"},
        {"T_A=gr\xc3\xbcn\n", "gr\xc3\xbcn"},
        {"# T_A=no\n\n   \n  # T_A=no\nT_A=one\n", "one"},
        {"T_A=mysql://ann:s%40@db:3306/eventhub?socket=/run/s\n", "mysql://ann:s%40@db:3306/eventhub?socket=/run/s"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool good;
        char *output = read_lines(rows[i].lines, &good);
        assert_number(rows[i].lines, good, true);
        assert_text(rows[i].lines, output, "");
        assert_text(rows[i].lines, getenv("T_A"), rows[i].value);
        free(output);
        forget(NULL);
    }
}

static void name_called_export_is_a_name(void **state) {
    bool good;
    char *output = read_lines("exported=1\n", &good);
    assert_true(good);
    assert_string_equal(output, "");
    assert_string_equal(getenv("exported"), "1");
    free(output);
}

static void long_line_is_read_whole(void **state) {
    char lines[20000], *end = stpcpy(lines, "T_A=");
    memset(end, 'x', 15000);
    strcpy(end + 15000, "\nT_B=next\n");
    bool good;
    char *output = read_lines(lines, &good);
    assert_true(good);
    assert_int_equal(strlen(getenv("T_A")), 15000);
    assert_string_equal(getenv("T_B"), "next");
    free(output);
}

static void bad_line_is_named_without_its_text(void **state) {
    static const char *const bad[] = {
        "hunter2",
        "export hunter2",
        "=hunter2",
        "export =hunter2",
        "T A=hunter2",
        "T-A=hunter2",
        "T.A=hunter2",
        "!hunter2",
        "export export T_A=hunter2",
        "T_A=\"hunter2",
        "T_A='hunter2",
        "T_A='hunter2\"",
        "T_A=\"hunter2\" hunter2",
        "T_A='hunter2'hunter2",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        char lines[100], wanted[200];
        bool good;
        snprintf(lines, sizeof lines, "T_B=before\n\n%s\nT_C=after\n", bad[i]);
        snprintf(wanted, sizeof wanted, "%s, line 3 is not NAME=value: write one setting a line.\n", file);
        char *output = read_lines(lines, &good);
        assert_number(bad[i], good, false);
        assert_text(bad[i], output, wanted);
        assert_text(bad[i], getenv("T_A"), NULL);
        assert_text(bad[i], getenv("T_B"), "before");
        assert_text(bad[i], getenv("T_C"), "after");
        free(output);
        forget(NULL);
    }
}

static void every_bad_line_is_named(void **state) {
    bool good;
    char *output = read_lines("one\nT_A=1\ntwo\n", &good);
    assert_false(good);
    assert_non_null(strstr(output, "line 1 is not"));
    assert_null(strstr(output, "line 2 is not"));
    assert_non_null(strstr(output, "line 3 is not"));
    free(output);
}

static void environment_wins_over_file(void **state) {
    bool good;
    setenv("T_A", "environment", 1);
    setenv("T_B", "", 1);
    char *output = read_lines("T_A=file\nT_B=file\nT_C=file\n", &good);
    assert_true(good);
    assert_string_equal(getenv("T_A"), "environment");
    assert_string_equal(getenv("T_B"), "");
    assert_string_equal(getenv("T_C"), "file");
    free(output);
}

static void missing_and_empty_files_are_fine(void **state) {
    struct capture capture = capture_begin(STDERR_FILENO);
    bool missing = settings_read_file(file);
    char *output = capture_end(&capture);
    assert_true(missing);
    assert_string_equal(output, "");
    free(output);

    bool empty;
    output = read_lines("", &empty);
    assert_true(empty);
    assert_string_equal(output, "");
    free(output);
}

static void assert_unreadable(const char *path, int error) {
    char wanted[200];
    snprintf(wanted, sizeof wanted, "%s cannot be read: %s. Mend its permissions or remove it.\n", path,
             strerror(error));
    struct capture capture = capture_begin(STDERR_FILENO);
    bool good = settings_read_file(path);
    char *output = capture_end(&capture);
    assert_false(good);
    assert_string_equal(output, wanted);
    free(output);
}

static void unreadable_file_is_reported(void **state) {
    char below[80];
    assert_unreadable(folder, EISDIR);
    assert_int_equal(symlink(".env", file), 0);
    assert_unreadable(file, ELOOP);
    unlink(file);
    write_file("T_A=1\n", 6);
    snprintf(below, sizeof below, "%s/.env", file);
    assert_unreadable(below, ENOTDIR);
}

static void forbidden_file_is_reported(void **state) {
    if (geteuid() == 0)
        skip(); /* root may read everything */
    write_file("T_A=1\n", 6);
    assert_int_equal(chmod(file, 0), 0);
    assert_unreadable(file, EACCES);
}

static void text_comes_from_environment_or_fallback(void **state) {
    static const struct {
        const char *value, *fallback, *wanted;
    } rows[] = {
        {"given", "fallback", "given"}, {"given", NULL, "given"}, {NULL, "fallback", "fallback"},
        {"", "fallback", "fallback"},   {NULL, "", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *text = NULL;
        bool good;
        const struct setting table[] = {{"T_TEXT", .fallback = rows[i].fallback, .text = &text}};
        forget(NULL);
        if (rows[i].value != NULL)
            setenv("T_TEXT", rows[i].value, 1);
        char *output = load(table, 1, &good);
        assert_true(good);
        assert_string_equal(output, "");
        assert_string_equal(text, rows[i].wanted);
        settings_free(table, 1);
        assert_null(text);
        settings_free(table, 1);
        free(output);
    }
}

static void missing_value_names_the_remedy(void **state) {
    static const char *const absent[] = {NULL, ""};
    for (size_t i = 0; i < COUNT(absent); i++) {
        char *text = NULL;
        bool good;
        const struct setting table[] = {{"T_TEXT", .remedy = "Set it to a word.", .text = &text}};
        forget(NULL);
        if (absent[i] != NULL)
            setenv("T_TEXT", absent[i], 1);
        char *output = load(table, 1, &good);
        assert_false(good);
        assert_string_equal(output, "T_TEXT is not set. Set it to a word.\n");
        assert_null(text);
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
        long number = 99;
        bool good;
        const struct setting table[] = {
            {"T_NUMBER", .number = &number, .minimum = rows[i].minimum, .maximum = rows[i].maximum}};
        setenv("T_NUMBER", rows[i].value, 1);
        char *output = load(table, 1, &good);
        assert_text(rows[i].value, output, "");
        assert_true(good);
        assert_number(rows[i].value, number, rows[i].wanted);
        settings_free(table, 1);
        free(output);
    }
}

static void number_beyond_its_limits_is_refused(void **state) {
    static const char *const bad[] = {
        "0", "65536", "-1", "1x", "x", "1.5", "1e3", "0x10", "1 ", "1,000", "99999999999999999999", "--1", " ",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        long number = 99;
        bool good;
        char wanted[200];
        const struct setting table[] = {
            {"T_NUMBER", .remedy = "Set it to 8080.", .number = &number, .minimum = 1, .maximum = 65535}};
        setenv("T_NUMBER", bad[i], 1);
        snprintf(wanted, sizeof wanted, "T_NUMBER is \"%s\", which is not a number from 1 to 65535. Set it to 8080.\n",
                 bad[i]);
        char *output = load(table, 1, &good);
        assert_number(bad[i], good, false);
        assert_text(bad[i], output, wanted);
        assert_number(bad[i], number, 99);
        free(output);
    }
}

static void number_beyond_a_long_is_refused(void **state) {
    static const char *const bad[] = {"9223372036854775808", "-9223372036854775809"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        long number = 99;
        bool good;
        const struct setting table[] = {
            {"T_NUMBER", .remedy = "Mend it.", .number = &number, .minimum = LONG_MIN, .maximum = LONG_MAX}};
        setenv("T_NUMBER", bad[i], 1);
        char *output = load(table, 1, &good);
        assert_number(bad[i], good, false);
        assert_number(bad[i], number, 99);
        free(output);
    }
}

static void number_has_a_fallback(void **state) {
    long number = 0;
    bool good;
    const struct setting table[] = {{"T_NUMBER", "8080", .number = &number, .minimum = 1, .maximum = 65535}};
    setenv("T_NUMBER", "", 1);
    char *output = load(table, 1, &good);
    assert_true(good);
    assert_int_equal(number, 8080);
    free(output);
}

static const char *never_good(const char *value) {
    return "is never good";
}

static void fault_is_reported_with_the_value(void **state) {
    char *text = NULL;
    bool good;
    const struct setting table[] = {{"T_TEXT", .remedy = "Give up.", .text = &text, .fault = never_good}};
    setenv("T_TEXT", "some value", 1);
    char *output = load(table, 1, &good);
    assert_false(good);
    assert_string_equal(output, "T_TEXT is \"some value\", which is never good. Give up.\n");
    assert_null(text);
    free(output);
}

static void secret_is_never_printed(void **state) {
    char *secret = NULL;
    long number = 0;
    bool good;
    const struct setting text[] = {
        {"T_SECRET", .remedy = "Make one.", .text = &secret, .secret = true, .fault = never_good}};
    const struct setting digits[] = {
        {"T_SECRET", .remedy = "Make one.", .number = &number, .maximum = 9, .secret = true}};
    setenv("T_SECRET", "hunter2", 1);

    char *output = load(text, 1, &good);
    assert_false(good);
    assert_string_equal(output, "T_SECRET is never good. Make one.\n");
    free(output);

    output = load(digits, 1, &good);
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
    char *one = NULL, *two = NULL;
    long number = 0;
    bool good;
    const struct setting table[] = {
        {"T_A", .remedy = "Set it.", .text = &one},
        {"T_B", .fallback = "fine", .text = &two},
        {"T_NUMBER", .fallback = "12", .remedy = "Mend it.", .number = &number, .minimum = 1, .maximum = 9},
    };
    char *output = load(table, COUNT(table), &good);
    assert_false(good);
    assert_string_equal(output, "T_A is not set. Set it.\n"
                                "T_NUMBER is \"12\", which is not a number from 1 to 9. Mend it.\n");
    assert_string_equal(two, "fine");
    settings_free(table, COUNT(table));
    assert_null(two);
    free(output);
}

static void help_names_every_row(void **state) {
    char *text = NULL;
    const struct setting table[] = {
        {"T_A", .help = "what a is", .text = &text},
        {"T_B", .fallback = "some", .help = "what b is", .text = &text},
        {"T_C", .fallback = "", .help = "what c is", .text = &text},
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
        cmocka_unit_test_teardown(line_sets_a_name, forget),
        cmocka_unit_test_teardown(name_called_export_is_a_name, forget),
        cmocka_unit_test_teardown(long_line_is_read_whole, forget),
        cmocka_unit_test_teardown(bad_line_is_named_without_its_text, forget),
        cmocka_unit_test_teardown(every_bad_line_is_named, forget),
        cmocka_unit_test_teardown(environment_wins_over_file, forget),
        cmocka_unit_test_teardown(missing_and_empty_files_are_fine, forget),
        cmocka_unit_test_teardown(unreadable_file_is_reported, forget),
        cmocka_unit_test_teardown(forbidden_file_is_reported, forget),
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
