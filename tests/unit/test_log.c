/* The log: whole lines, written together, and none that anybody waits for. */
#include "db/common/log.h"

#include <fcntl.h>
#include <poll.h>
#include <time.h>

#include "tests/unit/unit.h"

/* Standard error as a pipe that gives back each write by itself. Between the two calls nothing may be asserted: nobody
 * would see it. */
struct pipe {
    int saved;
    int reading;
};

static struct pipe pipe_begin(void) {
    int ends[2];
    fflush(NULL);
    assert_int_equal(pipe2(ends, O_DIRECT | O_CLOEXEC), 0);
    struct pipe pipe = {.saved = dup(STDERR_FILENO), .reading = ends[0]};
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    fcntl(pipe.reading, F_SETFL, O_NONBLOCK);
    return pipe;
}

static void pipe_end(const struct pipe *pipe) {
    dup2(pipe->saved, STDERR_FILENO);
    close(pipe->saved);
}

/* The next write as a text; the length, or -1 if there is none. */
static ssize_t next_write(const struct pipe *pipe, char *text, size_t size) {
    ssize_t length = read(pipe->reading, text, size - 1);
    text[length > 0 ? length : 0] = '\0';
    return length;
}

static void add(struct log_lines *lines, const char *message) {
    log_lines_add(lines, message, strlen(message));
}

/* The message of a line that ends in a newline. */
static const char *message_of(const char *line) {
    static const char example[] = "2035-05-01T18:00:00.000Z info ";
    return line + strlen(example);
}

static void lines_are_written_together_and_when_they_are_to_be(void **state) {
    struct log_lines lines = {0};
    char early[64], text[PIPE_BUF + 1], late[64];

    struct pipe pipe = pipe_begin();
    add(&lines, "one");
    add(&lines, "two");
    ssize_t before = next_write(&pipe, early, sizeof early);
    log_lines_write(&lines);
    ssize_t length = next_write(&pipe, text, sizeof text);
    log_lines_write(&lines);
    ssize_t after = next_write(&pipe, late, sizeof late);
    pipe_end(&pipe);
    close(pipe.reading);

    assert_int_equal(before, -1);
    assert_int_equal(after, -1);
    assert_int_equal(length, strlen(text));
    char *second = strchr(text, '\n') + 1;
    assert_memory_equal(message_of(text), "one\n", 4);
    assert_string_equal(message_of(second), "two\n");
}

static void more_lines_than_a_pipe_takes_at_once_are_several_writes_of_whole_lines(void **state) {
    enum { LINES = 500 };
    struct log_lines lines = {0};
    static char text[LINES * 64];
    char message[32];
    size_t length = 0, writes = 0;
    ssize_t got;

    struct pipe pipe = pipe_begin();
    for (int i = 0; i < LINES; i++) {
        snprintf(message, sizeof message, "line %d%.*s", i, i % 7, "xxxxxxx");
        add(&lines, message);
    }
    log_lines_write(&lines);
    bool whole = true;
    while ((got = next_write(&pipe, text + length, sizeof text - length)) > 0) {
        whole = whole && got <= PIPE_BUF && text[length + (size_t)got - 1] == '\n';
        length += (size_t)got;
        writes++;
    }
    pipe_end(&pipe);
    close(pipe.reading);

    assert_true(whole);
    assert_true(writes >= length / PIPE_BUF && writes <= 2 * length / PIPE_BUF);
    const char *line = text;
    for (int i = 0; i < LINES; i++) {
        int wanted = snprintf(message, sizeof message, "line %d%.*s\n", i, i % 7, "xxxxxxx");
        assert_memory_equal(message_of(line), message, (size_t)wanted);
        line = strchr(line, '\n') + 1;
    }
    assert_ptr_equal(line, text + length);
}

static void full_pipe_loses_lines_and_holds_nobody_up(void **state) {
    struct log_lines lines = {0};
    char text[PIPE_BUF + 1];
    size_t filled = 0, drained = 0;

    struct pipe pipe = pipe_begin();
    while (poll(&(struct pollfd){.fd = STDERR_FILENO, .events = POLLOUT}, 1, 0) == 1) {
        (void)!write(STDERR_FILENO, "full\n", 5);
        filled++;
    }
    for (int i = 0; i < 300; i++)
        add(&lines, "lost");
    log_lines_write(&lines);
    bool was_empty = lines.length == 0;
    while (next_write(&pipe, text, sizeof text) == 5)
        drained++;
    add(&lines, "found");
    log_lines_write(&lines);
    ssize_t length = next_write(&pipe, text, sizeof text);
    pipe_end(&pipe);
    close(pipe.reading);

    assert_true(was_empty);
    assert_int_equal(drained, filled);
    assert_true(length > 0);
    assert_string_equal(message_of(text), "found\n");
}

static void message_is_one_line_whatever_is_in_it(void **state) {
    static const struct {
        const char *message, *line;
    } rows[] = {
        {"", "\n"},
        {"a\nb", "a?b\n"},
        {"a\r\t\x1b[31m\x7f", "a???[31m?\n"},
        {"\xc3\xa9 %s %n", "\xc3\xa9 %s %n\n"},
    };
    char text[256];

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct log_lines lines = {0};
        struct pipe pipe = pipe_begin();
        add(&lines, rows[i].message);
        log_lines_write(&lines);
        next_write(&pipe, text, sizeof text);
        pipe_end(&pipe);
        close(pipe.reading);
        assert_text(rows[i].line, message_of(text), rows[i].line);
    }
}

static void message_without_end_is_cut(void **state) {
    enum { LONG = 10000 };
    struct log_lines lines = {0};
    char text[PIPE_BUF + 1], rest[PIPE_BUF + 1];
    char *message = malloc(LONG);
    assert_non_null(message);
    memset(message, 'x', LONG);

    struct pipe pipe = pipe_begin();
    add(&lines, "before");
    log_lines_add(&lines, message, LONG);
    add(&lines, "after");
    log_lines_write(&lines);
    ssize_t length = next_write(&pipe, text, sizeof text);
    ssize_t more = next_write(&pipe, rest, sizeof rest);
    pipe_end(&pipe);
    close(pipe.reading);
    free(message);

    assert_true(length > 1000 && length <= PIPE_BUF);
    assert_int_equal(more, -1);
    char *cut = strchr(text, '\n') + 1, *after = strchr(cut, '\n') + 1;
    assert_int_equal(strspn(message_of(cut), "x"), after - message_of(cut) - 1);
    assert_string_equal(message_of(after), "after\n");
}

static void stamp_is_that_of_the_line_and_not_of_one_before_it(void **state) {
    struct log_lines lines = {0};
    char text[256];
    struct tm utc = {0};

    struct pipe pipe = pipe_begin();
    time_t before = time(NULL);
    add(&lines, "first");
    /* As if a day had passed since. */
    lines.second -= 86400;
    memcpy(lines.stamp, "1999", 4);
    add(&lines, "second");
    time_t after = time(NULL);
    log_lines_write(&lines);
    next_write(&pipe, text, sizeof text);
    pipe_end(&pipe);
    close(pipe.reading);

    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        const char *rest = strptime(line, "%Y-%m-%dT%H:%M:%S", &utc);
        assert_non_null(rest);
        time_t stamped = timegm(&utc);
        assert_true(before <= stamped && stamped <= after + 1); /* time(2) may lag behind */
        assert_true(rest[0] == '.' && strspn(rest + 1, "0123456789") == 3);
        assert_memory_equal(rest + 4, "Z info ", 7);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_written_together_and_when_they_are_to_be),
        cmocka_unit_test(more_lines_than_a_pipe_takes_at_once_are_several_writes_of_whole_lines),
        cmocka_unit_test(full_pipe_loses_lines_and_holds_nobody_up),
        cmocka_unit_test(message_is_one_line_whatever_is_in_it),
        cmocka_unit_test(message_without_end_is_cut),
        cmocka_unit_test(stamp_is_that_of_the_line_and_not_of_one_before_it),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
