/* What SendGrid's answers hold: bodies that are none, and what is written down of an error. */
#include "notifier/answer.h"

#include "tests/unit/answers.h"

static void body_of_success_is_not_read(void **state) {
    struct answer answer = read_body(202, "{\"errors\":[{\"message\":\"no\",\"field\":\"from\"}]}", 10);
    assert_int_equal(answer.verdict, ANSWER_SENT);
    assert_string_equal(answer.error, "202");
}

static void body_that_is_no_list_of_errors_blames_nobody(void **state) {
    static const char *const bodies[] = {
        "",
        " ",
        "garbage",
        "<html><body>400 Bad Request</body></html>",
        "null",
        "true",
        "1",
        "\"errors\"",
        "[]",
        "[{\"message\":\"x\",\"field\":\"from\"}]",
        "{}",
        "{\"error\":[{\"message\":\"x\",\"field\":\"from\"}]}",
        "{\"errors\":null}",
        "{\"errors\":\"from\"}",
        "{\"errors\":{\"message\":\"x\",\"field\":\"from\"}}",
        "{\"errors\":[]}",
        "{\"errors\":[{\"message\":\"x\",\"field\":\"from\"}]",
        "{\"errors\":[{\"message\":\"x\",\"field\":\"from\"",
        "\xff\xfe",
        "\xef\xbb\xbf{}",
    };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct answer answer = read_body(400, bodies[i], 10);
        assert_offenders(bodies[i], &answer, NULL, 0);
        assert_text(bodies[i], answer.error, "400");
    }
}

static void error_that_is_no_object_is_passed_over(void **state) {
    static const char *const others[] = {"null", "1", "\"from\"", "[]", "{}", "[{\"field\":\"from\"}]"};
    for (size_t i = 0; i < COUNT(others); i++) {
        char body[120];
        snprintf(body, sizeof body, "{\"errors\":[%s,{\"message\":\"bad\",\"field\":\"personalizations.4.to\"}]}",
                 others[i]);
        struct answer answer = read_body(400, body, 10);
        assert_offenders(others[i], &answer, (const size_t[]){4}, 1);
        assert_int_equal(strncmp(answer.error, "400", 3), 0);
    }
}

static void cut_body_is_never_read_beyond(void **state) {
    static const char body[] = "{\"errors\":[{\"message\":\"\\u00fc\xc3\xbc\",\"field\":\"personalizations.1.to\","
                               "\"help\":null},{\"message\":\"x\",\"field\":\"personalizations.2.to\"}]}";
    for (size_t length = 0; length < sizeof body - 1; length++) {
        struct answer answer = read_bytes(400, body, length, 10);
        assert_offenders("a cut body", &answer, NULL, 0);
        assert_string_equal(answer.error, "400");
    }
    struct answer answer = read_bytes(400, body, sizeof body - 1, 10);
    assert_offenders("the whole body", &answer, (const size_t[]){1, 2}, 2);
    assert_string_equal(answer.error, "400: \xc3\xbc\xc3\xbc (personalizations.1.to)");
}

static void nul_bytes_do_no_harm(void **state) {
    static const char within[] = "{\"errors\":[{\"message\":\"a\0b\",\"field\":\"from\"}]}";
    static const char first[] = "\0{\"errors\":[{\"message\":\"x\",\"field\":\"from\"}]}";
    static const char escaped[] =
        "{\"errors\":[{\"message\":\"a\\u0000b\",\"field\":\"personalizations.1.to\\u0000\"}]}";
    char zeros[1000] = {0};
    for (size_t status = 400; status <= 500; status += 100) {
        read_bytes((long)status, within, sizeof within, 10);
        read_bytes((long)status, first, sizeof first, 10);
        struct answer answer = read_bytes((long)status, escaped, sizeof escaped - 1, 10);
        assert_int_equal(answer.verdict, status == 400 ? ANSWER_OFFENDER : ANSWER_NOT_SENT);
        assert_int_equal(strncmp(answer.error + 3, ": a", 3), 0);
        assert_int_equal(read_bytes((long)status, zeros, sizeof zeros, 10).offender_count, 0);
    }
}

static void huge_and_deep_bodies_are_survived(void **state) {
    enum { SIZE = 16384, ERRORS = 120 };
    char *body = malloc(2 * SIZE);
    memset(body, '[', SIZE);
    read_bytes(400, body, SIZE, 10);
    memset(body, 'x', SIZE);
    read_bytes(400, body, SIZE, 10);
    for (size_t i = 0; i + 5 <= SIZE; i += 5)
        memcpy(body + i, "{\"a\":", 5);
    assert_int_equal(read_bytes(400, body, SIZE, 10).verdict, ANSWER_OFFENDER);

    char *end = stpcpy(body, "{\"errors\":[");
    for (int i = 0; i < ERRORS; i++)
        end += sprintf(end, "%s{\"message\":\"bad\",\"field\":\"personalizations.%d.to.0.email\",\"help\":\"%020d\"}",
                       i > 0 ? "," : "", ERRORS - i, i);
    strcpy(end, "]}");
    struct answer answer = read_body(400, body, 1000);
    assert_int_equal(answer.verdict, ANSWER_OFFENDER);
    assert_int_equal(answer.offender_count, ANSWER_OFFENDERS);
    assert_string_equal(answer.error, "400: bad (personalizations.120.to.0.email)");
    free(body);
}

static void error_is_the_first_message_and_its_field(void **state) {
    static const struct {
        const char *body, *error;
    } rows[] = {
        {"{\"errors\":[{\"message\":\"no\",\"field\":\"from.email\",\"help\":\"http://x\"}]}", "400: no (from.email)"},
        {"{\"errors\":[{\"message\":\"no\",\"field\":null,\"help\":null}]}", "400: no"},
        {"{\"errors\":[{\"message\":\"no\",\"field\":\"\"}]}", "400: no"},
        {"{\"errors\":[{\"message\":\"one\"},{\"message\":\"two\",\"field\":\"from\"}]}", "400: one"},
        {"{\"errors\":[{\"message\":\"100 % of %s %n\",\"field\":\"%d\"}]}", "400: 100 % of %s %n (%d)"},
        {"{\"errors\":[{\"message\":\"gr\xc3\xbcn \\u20ac \\ud83c\\udf9f\"}]}",
         "400: gr\xc3\xbcn \xe2\x82\xac \xf0\x9f\x8e\x9f"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_text(rows[i].body, read_body(400, rows[i].body, 10).error, rows[i].error);
    assert_string_equal(read_body(503, "{\"errors\":[{\"message\":\"away\"}]}", 10).error, "503: away");
}

/* Whether every sequence of the text is a whole character. */
static bool is_whole(const char *text) {
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0';) {
        int more = *at < 0x80 ? 0 : *at >= 0xf0 ? 3 : *at >= 0xe0 ? 2 : *at >= 0xc2 ? 1 : -1;
        if (more < 0)
            return false;
        for (at++; more > 0; more--, at++) {
            if ((*at & 0xc0) != 0x80)
                return false;
        }
    }
    return true;
}

/* The ledger keeps it as a text, which half a character is not. */
static void long_error_is_cut_between_characters(void **state) {
    static const char *const characters[] = {"x", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x8e\x9f"};
    for (size_t i = 0; i < COUNT(characters); i++) {
        for (size_t offset = 0; offset < 4; offset++) {
            char body[2048], many[900] = "", *end = many;
            memset(many, 'a', offset);
            for (end += offset; end < many + 800;)
                end = stpcpy(end, characters[i]);
            snprintf(body, sizeof body, "{\"errors\":[{\"message\":\"%s\",\"field\":\"%s\"}]}", many, many);
            struct answer answer = read_body(500, body, 10);
            assert_true(strlen(answer.error) > 200 && strlen(answer.error) < sizeof answer.error);
            assert_int_equal(strncmp(answer.error + 5, many, 150), 0);
            if (!is_whole(answer.error))
                fail_msg("cut within a character: %s, %zu", characters[i], offset);
        }
    }
}

static void long_failure_is_cut(void **state) {
    char failure[1000];
    struct answer answer;
    memset(failure, 'x', sizeof failure - 1);
    failure[sizeof failure - 1] = '\0';
    const struct response response = {.failure = failure, .body = "", .message_id = ""};
    answer_read(&answer, &response, 1, false, NOW);
    assert_int_equal(strlen(answer.error), sizeof answer.error - 1);
    assert_int_equal(strncmp(answer.error, "no answer: xxx", 14), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(body_of_success_is_not_read),
        cmocka_unit_test(body_that_is_no_list_of_errors_blames_nobody),
        cmocka_unit_test(error_that_is_no_object_is_passed_over),
        cmocka_unit_test(cut_body_is_never_read_beyond),
        cmocka_unit_test(nul_bytes_do_no_harm),
        cmocka_unit_test(huge_and_deep_bodies_are_survived),
        cmocka_unit_test(error_is_the_first_message_and_its_field),
        cmocka_unit_test(long_error_is_cut_between_characters),
        cmocka_unit_test(long_failure_is_cut),
    };
    return cmocka_run_group_tests_name("answer_bodies", tests, NULL, NULL);
}
