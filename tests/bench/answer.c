/* The head of an HTTP answer, read with no more work than a load client can afford. */
#include "tests/bench/answer.h"

#include <string.h>
#include <strings.h>

static bool has_name(const char *line, size_t length, const char *name) {
    size_t name_length = strlen(name);
    return length > name_length && line[name_length] == ':' && strncasecmp(line, name, name_length) == 0;
}

/* What stands behind the colon, without blanks around it. */
static const char *value_of(const char *line, size_t *length) {
    const char *value = memchr(line, ':', *length);
    const char *end = line + *length;

    for (value++; value < end && (*value == ' ' || *value == '\t'); value++)
        continue;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *length = (size_t)(end - value);
    return value;
}

static bool read_number(const char *text, size_t length, size_t *number) {
    *number = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || i > 12)
            return false;
        *number = *number * 10 + (size_t)(text[i] - '0');
    }
    return length > 0;
}

static bool read_status(struct answer *answer, const char *line, size_t length) {
    static const char version[] = "HTTP/1.";
    size_t status;

    if (length < 12 || memcmp(line, version, sizeof version - 1) != 0 || line[8] != ' ' ||
        !read_number(line + 9, 3, &status) || status < 100)
        return false;
    answer->status = (int)status;
    answer->last = line[7] == '0';
    return true;
}

enum answer_state answer_read(struct answer *answer, const char *data, size_t length) {
    const char *end = memmem(data, length, "\r\n\r\n", 4);
    bool has_length = false;

    if (end == NULL)
        return ANSWER_PARTIAL;
    answer->head = (size_t)(end - data) + 4;
    answer->body = 0;
    for (const char *line = data; line < end + 2;) {
        const char *next = memchr(line, '\r', (size_t)(end + 2 - line));
        size_t line_length = (size_t)(next - line);
        if (line == data) {
            if (!read_status(answer, line, line_length))
                return ANSWER_BROKEN;
        } else if (has_name(line, line_length, "Content-Length")) {
            const char *value = value_of(line, &line_length);
            has_length = read_number(value, line_length, &answer->body);
        } else if (has_name(line, line_length, "Connection")) {
            const char *value = value_of(line, &line_length);
            answer->last = line_length == 5 && strncasecmp(value, "close", 5) == 0;
        }
        line = next + 2;
    }
    if (answer->status == 204 || answer->status == 304)
        return ANSWER_COMPLETE;
    return has_length ? ANSWER_COMPLETE : ANSWER_BROKEN;
}
