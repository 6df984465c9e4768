/* The .env file: the forms of a line, and what is said of one that is wrong or cannot be read. */
#include "db/common/settings.h"

#include <errno.h>
#include <sys/stat.h>

#include "tests/unit/env_files.h"

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
    };
    return cmocka_run_group_tests_name("env_file", tests, make_folder, remove_folder);
}
