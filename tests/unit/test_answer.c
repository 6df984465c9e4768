/* What SendGrid's answers mean: which mails were sent, and whose fault it is that some were not. */
#include "notifier/answer.h"

#include "tests/unit/answers.h"

static void status_says_what_became_of_the_mails(void **state) {
    static const struct {
        long status;
        enum answer_verdict verdict, in_sandbox;
    } rows[] = {
        {200, ANSWER_STOP, ANSWER_SENT},         {201, ANSWER_STOP, ANSWER_STOP},
        {202, ANSWER_SENT, ANSWER_SENT},         {204, ANSWER_STOP, ANSWER_STOP},
        {301, ANSWER_STOP, ANSWER_STOP},         {302, ANSWER_STOP, ANSWER_STOP},
        {307, ANSWER_STOP, ANSWER_STOP},         {308, ANSWER_STOP, ANSWER_STOP},
        {400, ANSWER_OFFENDER, ANSWER_OFFENDER}, {401, ANSWER_STOP, ANSWER_STOP},
        {402, ANSWER_STOP, ANSWER_STOP},         {403, ANSWER_STOP, ANSWER_STOP},
        {404, ANSWER_STOP, ANSWER_STOP},         {405, ANSWER_STOP, ANSWER_STOP},
        {406, ANSWER_STOP, ANSWER_STOP},         {407, ANSWER_STOP, ANSWER_STOP},
        {408, ANSWER_NOT_SENT, ANSWER_NOT_SENT}, {409, ANSWER_OFFENDER, ANSWER_OFFENDER},
        {410, ANSWER_STOP, ANSWER_STOP},         {411, ANSWER_STOP, ANSWER_STOP},
        {412, ANSWER_STOP, ANSWER_STOP},         {413, ANSWER_OFFENDER, ANSWER_OFFENDER},
        {414, ANSWER_OFFENDER, ANSWER_OFFENDER}, {415, ANSWER_STOP, ANSWER_STOP},
        {416, ANSWER_STOP, ANSWER_STOP},         {417, ANSWER_STOP, ANSWER_STOP},
        {418, ANSWER_OFFENDER, ANSWER_OFFENDER}, {421, ANSWER_STOP, ANSWER_STOP},
        {422, ANSWER_OFFENDER, ANSWER_OFFENDER}, {423, ANSWER_OFFENDER, ANSWER_OFFENDER},
        {424, ANSWER_OFFENDER, ANSWER_OFFENDER}, {425, ANSWER_OFFENDER, ANSWER_OFFENDER},
        {426, ANSWER_STOP, ANSWER_STOP},         {428, ANSWER_STOP, ANSWER_STOP},
        {429, ANSWER_LATER, ANSWER_LATER},       {431, ANSWER_OFFENDER, ANSWER_OFFENDER},
        {444, ANSWER_OFFENDER, ANSWER_OFFENDER}, {451, ANSWER_OFFENDER, ANSWER_OFFENDER},
        {499, ANSWER_OFFENDER, ANSWER_OFFENDER}, {500, ANSWER_NOT_SENT, ANSWER_NOT_SENT},
        {501, ANSWER_NOT_SENT, ANSWER_NOT_SENT}, {502, ANSWER_NOT_SENT, ANSWER_NOT_SENT},
        {503, ANSWER_NOT_SENT, ANSWER_NOT_SENT}, {504, ANSWER_NOT_SENT, ANSWER_NOT_SENT},
        {520, ANSWER_NOT_SENT, ANSWER_NOT_SENT}, {599, ANSWER_NOT_SENT, ANSWER_NOT_SENT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (int sandbox = 0; sandbox < 2; sandbox++) {
            for (int left_whole = 0; left_whole < 2; left_whole++) {
                char status[16];
                struct answer answer;
                const struct response response = {rows[i].status, left_whole != 0, "not used", "", 0, "", 0};
                memset(&answer, 0xff, sizeof answer);
                answer_read(&answer, &response, 1000, sandbox != 0, NOW);
                snprintf(status, sizeof status, "%ld", rows[i].status);
                assert_number(status, answer.verdict, sandbox ? rows[i].in_sandbox : rows[i].verdict);
                assert_number(status, (int64_t)answer.offender_count, 0);
                assert_number(status, answer.wait_seconds, rows[i].status == 429 ? 10 : 0);
                assert_text(status, answer.error, status);
                assert_number(status, answer.remedy != NULL, answer.verdict == ANSWER_STOP);
            }
        }
    }
}

static void without_an_answer_it_counts_what_left(void **state) {
    static const struct {
        bool left_whole;
        enum answer_verdict verdict;
    } rows[] = {{true, ANSWER_UNKNOWN}, {false, ANSWER_NOT_SENT}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct answer answer;
        /* A body without a status is nothing that SendGrid said. */
        const char body[] = "{\"errors\":[{\"message\":\"x\",\"field\":\"from\"}]}";
        const struct response response = {0, rows[i].left_whole, "Connection reset by peer", body, sizeof body - 1, "",
                                          5};
        memset(&answer, 0xff, sizeof answer);
        answer_read(&answer, &response, 1000, false, NOW);
        assert_int_equal(answer.verdict, rows[i].verdict);
        assert_int_equal(answer.offender_count, 0);
        assert_int_equal(answer.wait_seconds, 0);
        assert_string_equal(answer.error, "no answer: Connection reset by peer");
    }
}

static void field_says_whose_fault_it_is(void **state) {
    static const struct {
        const char *field;
        enum answer_verdict verdict;
        int offender; /* -1: none */
    } rows[] = {
        {NULL, ANSWER_OFFENDER, -1},
        {"", ANSWER_OFFENDER, -1},
        {"personalizations", ANSWER_OFFENDER, -1},
        {"personalizations.", ANSWER_OFFENDER, -1},
        {"personalizations.0", ANSWER_OFFENDER, 0},
        {"personalizations.0.to", ANSWER_OFFENDER, 0},
        {"personalizations.3.to.0.email", ANSWER_OFFENDER, 3},
        {"personalizations.3.substitutions.%name-0123456789abcdef%", ANSWER_OFFENDER, 3},
        {"personalizations.3.custom_args", ANSWER_OFFENDER, 3},
        {"personalizations.3.subject", ANSWER_OFFENDER, 3},
        {"personalizations.9.to.0.email", ANSWER_OFFENDER, 9},
        {"personalizations.10.to.0.email", ANSWER_OFFENDER, -1},
        {"personalizations.1000", ANSWER_OFFENDER, -1},
        {"personalizations.4294967296.to", ANSWER_OFFENDER, -1},
        {"personalizations.18446744073709551616.to", ANSWER_OFFENDER, -1},
        {"personalizations.18446744073709551617.to", ANSWER_OFFENDER, -1},
        {"personalizations.-1.to", ANSWER_OFFENDER, -1},
        {"personalizations.x.to", ANSWER_OFFENDER, -1},
        {"personalizations.3x.to", ANSWER_OFFENDER, -1},
        {"personalizations..to", ANSWER_OFFENDER, -1},
        {"personalizations.0x3.to", ANSWER_OFFENDER, -1},
        {"subject", ANSWER_TEXT, -1},
        {"content", ANSWER_TEXT, -1},
        {"content.0.value", ANSWER_TEXT, -1},
        {"content.1.type", ANSWER_TEXT, -1},
        {"from", ANSWER_STOP, -1},
        {"from.email", ANSWER_STOP, -1},
        {"from.name", ANSWER_STOP, -1},
        {"from_email", ANSWER_STOP, -1},
        {"reply_to", ANSWER_REPLY_TO, -1},
        {"reply_to.email", ANSWER_REPLY_TO, -1},
        {"reply_to_list", ANSWER_OFFENDER, -1},
        {"null", ANSWER_OFFENDER, -1},
        {"undefined", ANSWER_OFFENDER, -1},
        {"subjects", ANSWER_OFFENDER, -1},
        {"content_type", ANSWER_OFFENDER, -1},
        {"categories", ANSWER_OFFENDER, -1},
        {"custom_args", ANSWER_OFFENDER, -1},
        {"headers.List-Unsubscribe", ANSWER_OFFENDER, -1},
        {"mail_settings.sandbox_mode.enable", ANSWER_OFFENDER, -1},
        {"template_id", ANSWER_OFFENDER, -1},
        {"field", ANSWER_OFFENDER, -1},
        {"/personalizations/3/to", ANSWER_OFFENDER, -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *row = rows[i].field != NULL ? rows[i].field : "null";
        struct answer answer = read_fields(&rows[i].field, 1, 10);
        assert_number(row, answer.verdict, rows[i].verdict);
        assert_number(row, (int64_t)answer.offender_count, rows[i].offender >= 0);
        if (rows[i].offender >= 0)
            assert_number(row, (int64_t)answer.offenders[0], rows[i].offender);
    }
}

static void field_without_a_string_is_none(void **state) {
    static const char *const bodies[] = {
        "{\"errors\":[{\"message\":\"bad\"}]}",
        "{\"errors\":[{\"message\":\"bad\",\"field\":null}]}",
        "{\"errors\":[{\"message\":\"bad\",\"field\":3}]}",
        "{\"errors\":[{\"message\":\"bad\",\"field\":[\"from\"]}]}",
        "{\"errors\":[{\"message\":\"bad\",\"field\":{\"from\":\"from\"}}]}",
        "{\"errors\":[{\"message\":\"bad\",\"field\":true}],\"field\":\"from\"}",
    };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct answer answer = read_body(400, bodies[i], 10);
        assert_offenders(bodies[i], &answer, NULL, 0);
        assert_text(bodies[i], answer.error, "400: bad");
    }
}

/* Who is refused because of their address is no use to try again; what we write for each of them may be another day. */
static void recipients_fault_is_told_from_ours(void **state) {
    static const struct {
        const char *fields[2];
        bool is_theirs;
    } rows[] = {
        {{"personalizations.0", "null"}, true},
        {{"personalizations.0.to", "null"}, true},
        {{"personalizations.0.to.0.email", "null"}, true},
        {{"personalizations.0.headers.List-Unsubscribe", "null"}, false},
        {{"personalizations.0.substitutions", "null"}, false},
        {{"personalizations.0.total", "null"}, false},
        {{"personalizations.0.custom_args", "personalizations.0.to.0.email"}, true},
        {{"personalizations.1.to", "null"}, false},
        {{"null", "null"}, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_number(rows[i].fields[0], read_fields(rows[i].fields, 2, 1).is_theirs, rows[i].is_theirs);
    assert_true(read_body(413, "", 1).is_theirs);
    assert_false(read_body(413, "", 2).is_theirs);
}

/* SendGrid's own description has it so in places. */
static void field_may_be_called_field_name(void **state) {
    static const struct {
        const char *members;
        enum answer_verdict verdict;
        int offender;
    } rows[] = {
        {"\"field_name\":\"from.email\"", ANSWER_STOP, -1},
        {"\"field_name\":\"personalizations.3.to\"", ANSWER_OFFENDER, 3},
        {"\"field\":null,\"field_name\":\"personalizations.3.to\"", ANSWER_OFFENDER, 3},
        {"\"field\":\"null\",\"field_name\":\"personalizations.3.to\"", ANSWER_OFFENDER, 3},
        {"\"field\":\"personalizations.4.to\",\"field_name\":\"personalizations.3.to\"", ANSWER_OFFENDER, 4},
        {"\"field\":\"null\",\"field_name\":\"null\",\"help\":\"null\"", ANSWER_OFFENDER, -1},
        {"\"field\":\"null\",\"help\":{\"field\":\"from\"}", ANSWER_OFFENDER, -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char body[200];
        snprintf(body, sizeof body, "{\"errors\":[{\"message\":\"bad\",%s}]}", rows[i].members);
        struct answer answer = read_body(400, body, 10);
        assert_number(body, answer.verdict, rows[i].verdict);
        assert_number(body, (int64_t)answer.offender_count, rows[i].offender >= 0);
        if (rows[i].offender >= 0)
            assert_number(body, (int64_t)answer.offenders[0], rows[i].offender);
    }
}

static void offenders_are_in_order_and_once(void **state) {
    static const struct {
        const char *fields[8];
        size_t count;
        size_t wanted[8], wanted_count;
    } rows[] = {
        {{"personalizations.5.to", "personalizations.2.to", "personalizations.0.to"}, 3, {0, 2, 5}, 3},
        {{"personalizations.0.to", "personalizations.2.to", "personalizations.5.to"}, 3, {0, 2, 5}, 3},
        {{"personalizations.5.to", "personalizations.5.cc", "personalizations.05", "personalizations.5"}, 4, {5}, 1},
        {{"personalizations.1.to", "personalizations.9.to", "personalizations.1.to", "personalizations.4.to"},
         4,
         {1, 4, 9},
         3},
        {{NULL, "personalizations.7.to", "personalizations", "personalizations.10.to"}, 4, {7}, 1},
        {{NULL, NULL, NULL}, 3, {0}, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char row[24];
        snprintf(row, sizeof row, "row %zu", i);
        struct answer answer = read_fields(rows[i].fields, rows[i].count, 10);
        assert_offenders(row, &answer, rows[i].wanted, rows[i].wanted_count);
    }
}

static void first_32_offenders_are_kept(void **state) {
    const char *fields[40];
    char names[40][40];
    for (size_t i = 0; i < 40; i++) {
        /* The last one first. */
        snprintf(names[i], sizeof names[i], "personalizations.%zu.to.0.email", 900 - i);
        fields[i] = names[i];
    }
    struct answer answer = read_fields(fields, 40, 1000);
    assert_int_equal(answer.verdict, ANSWER_OFFENDER);
    assert_int_equal(answer.offender_count, ANSWER_OFFENDERS);
    for (size_t i = 0; i < ANSWER_OFFENDERS; i++)
        assert_int_equal(answer.offenders[i], 900 - ANSWER_OFFENDERS + 1 + i);
}

static void what_all_share_outweighs_a_recipient(void **state) {
    static const char *const shared[] = {"subject", "content.0.value", "from.email", "from"};
    for (size_t i = 0; i < COUNT(shared); i++) {
        enum answer_verdict wanted = i < 2 ? ANSWER_TEXT : ANSWER_STOP;
        for (size_t at = 0; at < 3; at++) {
            const char *fields[3] = {"personalizations.1.to", "personalizations.2.to", NULL};
            fields[at] = shared[i];
            struct answer answer = read_fields(fields, 3, 10);
            assert_number(shared[i], answer.verdict, wanted);
            assert_number(shared[i], (int64_t)answer.offender_count, 0);
        }
    }
}

/* The sender before the text before the address for replies: what is put right first loses no mail. */
static void order_of_errors_does_not_matter(void **state) {
    static const char *const fields[] = {"from.email", "subject", "reply_to.email", "personalizations.1.to", "null"};
    static const enum answer_verdict verdicts[] = {ANSWER_STOP, ANSWER_TEXT, ANSWER_REPLY_TO, ANSWER_OFFENDER,
                                                   ANSWER_OFFENDER};
    for (size_t i = 0; i < COUNT(fields); i++) {
        for (size_t k = i + 1; k < COUNT(fields); k++) {
            const char *const both[] = {fields[i], fields[k]}, *const turned[] = {fields[k], fields[i]};
            assert_number(fields[i], read_fields(both, 2, 10).verdict, verdicts[i]);
            assert_number(fields[k], read_fields(turned, 2, 10).verdict, verdicts[i]);
        }
    }
}

/* What a 401, a 413 or a 500 names is no recipient's fault, and its verdict stands. */
static void field_counts_where_the_content_is_refused(void **state) {
    static const long statuses[] = {200, 301, 401, 403, 404, 408, 413, 429, 500, 503};
    static const char *const fields[] = {"from.email", "subject", "personalizations.1.to"};
    for (size_t i = 0; i < COUNT(statuses); i++) {
        for (size_t k = 0; k < COUNT(fields); k++) {
            char body[100], row[100];
            snprintf(row, sizeof row, "%ld %s", statuses[i], fields[k]);
            snprintf(body, sizeof body, "{\"errors\":[{\"message\":\"no\",\"field\":\"%s\"}]}", fields[k]);
            struct answer answer = read_body(statuses[i], body, 10);
            assert_number(row, answer.verdict, read_body(statuses[i], "", 10).verdict);
            assert_number(row, (int64_t)answer.offender_count, 0);
            snprintf(body, sizeof body, "%ld: no (%s)", statuses[i], fields[k]);
            assert_text(row, answer.error, body);
        }
    }
    static const char body[] = "{\"errors\":[{\"message\":\"no\",\"field\":\"personalizations.1.to\"}]}";
    assert_int_equal(read_body(422, body, 10).offender_count, 1);
}

static void rate_limit_says_how_long_to_wait(void **state) {
    static const struct {
        int64_t reset;
        long wait;
    } rows[] = {
        {0, 10},
        {NOW, 1},
        {NOW + 1, 1},
        {NOW + 2, 2},
        {NOW + 120, 120},
        {NOW + 86400, 86400},
        {NOW + 86401, 86400},
        {NOW - 1, 1},
        {1, 1},
        {-1, 10},
        {INT64_MIN, 10},
        {INT64_MAX, 86400},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char row[32];
        struct answer answer;
        const struct response response = {429, true, "", "", 0, "", rows[i].reset};
        memset(&answer, 0xff, sizeof answer);
        answer_read(&answer, &response, 1000, false, NOW);
        snprintf(row, sizeof row, "%lld", (long long)rows[i].reset);
        assert_number(row, answer.verdict, ANSWER_LATER);
        assert_number(row, answer.wait_seconds, rows[i].wait);
    }
}

static void other_answers_have_nothing_to_wait_for(void **state) {
    static const long statuses[] = {0, 200, 202, 400, 401, 413, 500, 503};
    for (size_t i = 0; i < COUNT(statuses); i++) {
        struct answer answer;
        const struct response response = {statuses[i], true, "", "", 0, "", NOW + 60};
        memset(&answer, 0xff, sizeof answer);
        answer_read(&answer, &response, 1000, false, NOW);
        assert_int_equal(answer.wait_seconds, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_says_what_became_of_the_mails),
        cmocka_unit_test(without_an_answer_it_counts_what_left),
        cmocka_unit_test(field_says_whose_fault_it_is),
        cmocka_unit_test(field_without_a_string_is_none),
        cmocka_unit_test(recipients_fault_is_told_from_ours),
        cmocka_unit_test(field_may_be_called_field_name),
        cmocka_unit_test(offenders_are_in_order_and_once),
        cmocka_unit_test(first_32_offenders_are_kept),
        cmocka_unit_test(what_all_share_outweighs_a_recipient),
        cmocka_unit_test(order_of_errors_does_not_matter),
        cmocka_unit_test(field_counts_where_the_content_is_refused),
        cmocka_unit_test(rate_limit_says_how_long_to_wait),
        cmocka_unit_test(other_answers_have_nothing_to_wait_for),
    };
    return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
