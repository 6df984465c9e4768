/* What the unit tests of SendGrid's answers share. */
#ifndef EVENTHUB_TESTS_UNIT_ANSWERS_H
#define EVENTHUB_TESTS_UNIT_ANSWERS_H

#include "notifier/answer.h"
#include "tests/unit/unit.h"

enum { NOW = 2000000000 };

/* Reads a copy of exactly that length, into a struct in which something stood before. */
static inline struct answer read_bytes(long status, const char *body, size_t length, size_t mail_count) {
    char *copy = exact_copy(body, length);
    struct answer answer;
    memset(&answer, 0xff, sizeof answer);
    const struct response response = {
        .status = status, .left_whole = true, .failure = "", .body = copy, .length = length, .message_id = ""};
    answer_read(&answer, &response, mail_count, false, NOW);
    free(copy);
    return answer;
}

static inline struct answer read_body(long status, const char *body, size_t mail_count) {
    return read_bytes(status, body, strlen(body), mail_count);
}

/* The answer to a 400 that names these fields, NULL being null, up to COUNT of them. */
static inline struct answer read_fields(const char *const *fields, size_t count, size_t mail_count) {
    char *body = malloc(count * 128 + 64), *end = stpcpy(body, "{\"errors\":[");
    for (size_t i = 0; i < count; i++) {
        end = stpcpy(end, i > 0 ? ",{\"message\":\"bad\",\"help\":null,\"field\":" : "{\"message\":\"bad\",\"field\":");
        end += fields[i] != NULL ? sprintf(end, "\"%s\"}", fields[i]) : sprintf(end, "null}");
    }
    strcpy(end, "]}");
    struct answer answer = read_body(400, body, mail_count);
    free(body);
    return answer;
}

static inline void assert_offenders(const char *row, const struct answer *answer, const size_t *wanted, size_t count) {
    assert_number(row, answer->verdict, ANSWER_OFFENDER);
    assert_number(row, (int64_t)answer->offender_count, (int64_t)count);
    for (size_t i = 0; i < count; i++)
        assert_number(row, (int64_t)answer->offenders[i], (int64_t)wanted[i]);
}

#endif
