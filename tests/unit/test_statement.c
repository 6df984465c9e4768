/* The text of a CALL: nothing that a user sent stands in it as it came. */
#include "db/client/statement.h"

#include <ctype.h>
#include <time.h>

#include "tests/unit/unit.h"

/* The members of a db_value. */
#define TEXT(literal) .type = DB_TEXT, .text = {(literal), sizeof(literal) - 1}

/* The statement as a text, to be released with free(). */
static char *call(const char *procedure, const struct db_value *arguments, size_t count) {
    struct buffer sql = {0};
    db_statement_call(&sql, procedure, arguments, count);
    buffer_append(&sql, "", 1);
    assert_false(sql.failed);
    return sql.data;
}

static void assert_call(const struct db_value *arguments, size_t count, const char *wanted) {
    char *sql = call("p", arguments, count);
    assert_string_equal(sql, wanted);
    free(sql);
}

static void no_arguments_give_empty_parentheses(void **state) {
    assert_call(NULL, 0, "CALL p()");
}

static void statement_is_appended(void **state) {
    struct buffer sql = {0};
    buffer_text(&sql, "/* before */ ");
    db_statement_call(&sql, "check_health", NULL, 0);
    buffer_append(&sql, "", 1);
    assert_string_equal(sql.data, "/* before */ CALL check_health()");
    buffer_free(&sql);
}

static void arguments_keep_their_order(void **state) {
    const struct db_value arguments[] = {
        {.type = DB_INTEGER, .integer = 1}, {.type = DB_NULL}, {TEXT("a")}, {.type = DB_DATETIME, .seconds = 0}};
    assert_call(arguments, COUNT(arguments), "CALL p(1, NULL, _utf8mb4 x'61', '1970-01-01 00:00:00')");
}

static void integer_is_written_in_digits(void **state) {
    static const struct {
        int64_t number;
        const char *wanted;
    } rows[] = {
        {0, "CALL p(0)"},
        {-1, "CALL p(-1)"},
        {INT64_C(4294967296), "CALL p(4294967296)"},
        {INT64_MAX, "CALL p(9223372036854775807)"},
        {INT64_MIN, "CALL p(-9223372036854775808)"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct db_value argument = {.type = DB_INTEGER, .integer = rows[i].number};
        assert_call(&argument, 1, rows[i].wanted);
    }
}

static void boolean_is_a_digit(void **state) {
    const struct db_value argument = {.type = DB_BOOLEAN, .integer = 1};
    assert_call(&argument, 1, "CALL p(1)");
}

static void datetime_is_written_in_utc(void **state) {
    static const struct {
        int64_t seconds;
        const char *wanted;
    } rows[] = {
        {0, "CALL p('1970-01-01 00:00:00')"},
        {1709164800, "CALL p('2024-02-29 00:00:00')"},
        {1924972199, "CALL p('2030-12-31 18:29:59')"},
        {INT64_C(2147483648), "CALL p('2038-01-19 03:14:08')"},
        {INT64_C(253402300799), "CALL p('9999-12-31 23:59:59')"},
    };
    setenv("TZ", "XYZ-5:30", 1);
    tzset();
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct db_value argument = {.type = DB_DATETIME, .seconds = rows[i].seconds};
        assert_call(&argument, 1, rows[i].wanted);
    }
    unsetenv("TZ");
    tzset();
}

static void text_is_a_hexadecimal_literal(void **state) {
    static const struct {
        struct db_value argument;
        const char *wanted;
    } rows[] = {
        {{TEXT("")}, "CALL p(_utf8mb4 x'')"},
        {{TEXT("abc")}, "CALL p(_utf8mb4 x'616263')"},
        {{TEXT("O'Brien")}, "CALL p(_utf8mb4 x'4f27427269656e')"},
        {{TEXT("\\\"")}, "CALL p(_utf8mb4 x'5c22')"},
        {{TEXT("a\0b")}, "CALL p(_utf8mb4 x'610062')"},
        {{TEXT("\xf0\x9f\x8e\x9f")}, "CALL p(_utf8mb4 x'f09f8e9f')"},
        {{TEXT("\xff\x80")}, "CALL p(_utf8mb4 x'ff80')"},
        {{TEXT("NULL")}, "CALL p(_utf8mb4 x'4e554c4c')"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_call(&rows[i].argument, 1, rows[i].wanted);
}

static void absent_empty_text_needs_no_bytes(void **state) {
    const struct db_value argument = {.type = DB_TEXT, .text = {NULL, 0}};
    assert_call(&argument, 1, "CALL p(_utf8mb4 x'')");
}

static void hostile_text_never_appears(void **state) {
    static const char *const hostile[] = {
        "'); DROP TABLE users; -- ", "\\'; SELECT 1; #", "x'00", "/*! SELECT */", "\xbf'; --", "%s%n%1$s", "a,b",
    };
    for (size_t i = 0; i < COUNT(hostile); i++) {
        const struct db_value argument = {.type = DB_TEXT, .text = {hostile[i], strlen(hostile[i])}};
        char *sql = call("p", &argument, 1);
        const char *digits = sql + strlen("CALL p(_utf8mb4 x'");
        assert_null(strstr(sql, hostile[i]));
        assert_int_equal(strspn(digits, "0123456789abcdef"), 2 * strlen(hostile[i]));
        assert_string_equal(digits + 2 * strlen(hostile[i]), "')");
        free(sql);
    }
}

static void every_byte_survives(void **state) {
    char bytes[256];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    char *exact = exact_copy(bytes, sizeof bytes);
    const struct db_value argument = {.type = DB_TEXT, .text = {exact, sizeof bytes}};
    char *sql = call("p", &argument, 1);
    const char *digits = sql + strlen("CALL p(_utf8mb4 x'");
    for (size_t i = 0; i < sizeof bytes; i++) {
        const char pair[] = {digits[2 * i], digits[2 * i + 1], '\0'};
        assert_true(isxdigit((unsigned char)pair[0]) && isxdigit((unsigned char)pair[1]));
        assert_int_equal(strtol(pair, NULL, 16), i);
    }
    assert_string_equal(digits + 2 * sizeof bytes, "')");
    free(sql);
    free(exact);
}

static void long_text_is_complete(void **state) {
    const size_t length = 100000;
    char *text = malloc(length);
    assert_non_null(text);
    memset(text, '\'', length);
    const struct db_value argument = {.type = DB_TEXT, .text = {text, length}};
    char *sql = call("p", &argument, 1);
    assert_int_equal(strlen(sql), strlen("CALL p(_utf8mb4 x'')") + 2 * length);
    free(sql);
    free(text);
}

static void failed_buffer_stays_failed(void **state) {
    struct buffer sql = {.failed = true};
    const struct db_value arguments[] = {{TEXT("a")}, {.type = DB_INTEGER, .integer = 1}};
    db_statement_call(&sql, "p", arguments, COUNT(arguments));
    assert_true(sql.failed);
    assert_int_equal(sql.length, 0);
    assert_null(sql.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_arguments_give_empty_parentheses),
        cmocka_unit_test(statement_is_appended),
        cmocka_unit_test(arguments_keep_their_order),
        cmocka_unit_test(integer_is_written_in_digits),
        cmocka_unit_test(boolean_is_a_digit),
        cmocka_unit_test(datetime_is_written_in_utc),
        cmocka_unit_test(text_is_a_hexadecimal_literal),
        cmocka_unit_test(absent_empty_text_needs_no_bytes),
        cmocka_unit_test(hostile_text_never_appears),
        cmocka_unit_test(every_byte_survives),
        cmocka_unit_test(long_text_is_complete),
        cmocka_unit_test(failed_buffer_stays_failed),
    };
    return cmocka_run_group_tests_name("statement", tests, NULL, NULL);
}
