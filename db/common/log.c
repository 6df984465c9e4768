/* The log: one line per happening, on standard error. */
#include "db/common/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { LINE_SIZE = 2048 };

static void format_second(time_t second, char *stamp, size_t size) {
    struct tm utc;
    gmtime_r(&second, &utc);
    strftime(stamp, size, "%Y-%m-%dT%H:%M:%S", &utc);
}

/* The head of a line; returns its length. */
static size_t write_head(char *line, const char *stamp, const struct timeval *now, const char *level) {
    int milliseconds = (int)(now->tv_usec / 1000);
    char *end = stpcpy(line, stamp);

    *end++ = '.';
    *end++ = (char)('0' + milliseconds / 100);
    *end++ = (char)('0' + milliseconds / 10 % 10);
    *end++ = (char)('0' + milliseconds % 10);
    end = stpcpy(stpcpy(stpcpy(end, "Z "), level), " ");
    return (size_t)(end - line);
}

/* Ends a line of `length` characters; returns its length. */
static size_t finish_line(char *line, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    }
    line[length] = '\n';
    return length + 1;
}

/* Serving goes on although nobody reads the log: what finds the pipe full is lost. A pipe that poll(2) calls writable
 * takes PIPE_BUF bytes at once (pipe(7)). */
static void write_out(const char *bytes, size_t length) {
    static const char erase_line[] = "\r\033[K";
    struct pollfd log = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&log, 1, 0) != 1)
        return;
    /* On a terminal the line may replace the notifier's line of progress. */
    if (isatty(STDERR_FILENO) == 1 && write(STDERR_FILENO, erase_line, sizeof erase_line - 1) < 0)
        return;
    /* There is nobody to be told that the log cannot be written. */
    ssize_t written = write(STDERR_FILENO, bytes, length);
    (void)written;
}

static void log_line(const char *level, const char *format, va_list arguments) {
    char line[LINE_SIZE], stamp[LOG_STAMP_SIZE];
    struct timeval now;

    gettimeofday(&now, NULL);
    format_second(now.tv_sec, stamp, sizeof stamp);
    size_t head = write_head(line, stamp, &now, level);
    int wanted = vsnprintf(line + head, sizeof line - head, format, arguments);
    size_t length = wanted < 0 ? head : head + (size_t)wanted;
    write_out(line, finish_line(line, length < sizeof line ? length : sizeof line - 1));
}

void log_info(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    log_line("info", format, arguments);
    va_end(arguments);
}

void log_error(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    log_line("error", format, arguments);
    va_end(arguments);
}

void log_lines_add(struct log_lines *lines, const char *message, size_t length) {
    enum { HEAD_SIZE = LOG_STAMP_SIZE + 16 };
    struct timeval now;

    gettimeofday(&now, NULL);
    if (now.tv_sec != lines->second || lines->stamp[0] == '\0') {
        lines->second = now.tv_sec;
        format_second(now.tv_sec, lines->stamp, sizeof lines->stamp);
    }
    if (length > LINE_SIZE - HEAD_SIZE)
        length = LINE_SIZE - HEAD_SIZE;
    if (length + HEAD_SIZE > sizeof lines->bytes - lines->length)
        log_lines_write(lines);
    char *line = lines->bytes + lines->length;
    size_t head = write_head(line, lines->stamp, &now, "info");
    memcpy(line + head, message, length);
    lines->length += finish_line(line, head + length);
}

void log_lines_write(struct log_lines *lines) {
    if (lines->length > 0)
        write_out(lines->bytes, lines->length);
    lines->length = 0;
}
