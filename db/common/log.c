/* The log: one line per happening, on standard error. */
#include "log.h"

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

/* Fills `line` with one that ends in a newline, and returns its length. */
static size_t compose(char line[LINE_SIZE], const char *stamp, const struct timeval *now, const char *level,
                      const char *format, va_list arguments) {
    size_t head = (size_t)snprintf(line, LINE_SIZE, "%s.%03dZ %s ", stamp, (int)(now->tv_usec / 1000), level);
    int wanted = vsnprintf(line + head, LINE_SIZE - head, format, arguments);
    size_t end = wanted < 0 ? head : head + (size_t)wanted;
    if (end > LINE_SIZE - 1)
        end = LINE_SIZE - 1;
    for (size_t i = 0; i < end; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    }
    line[end] = '\n';
    return end + 1;
}

/* A log that nobody reads is no reason to stop serving: a full pipe loses what there is to write. A pipe that poll(2)
 * calls writable takes PIPE_BUF bytes at once. */
static void write_out(const char *bytes, size_t length) {
    static const char erase_line[] = "\r\033[K";
    struct pollfd log = {.fd = STDERR_FILENO, .events = POLLOUT};
    ssize_t written = 0;

    if (poll(&log, 1, 0) != 1)
        return;
    /* A line of progress that stands on a terminal gives way. */
    if (isatty(STDERR_FILENO) == 1)
        written = write(STDERR_FILENO, erase_line, sizeof erase_line - 1);
    written = write(STDERR_FILENO, bytes, length);
    (void)written;
}

static void log_line(const char *level, const char *format, va_list arguments) {
    char line[LINE_SIZE], stamp[24];
    struct timeval now;

    gettimeofday(&now, NULL);
    format_second(now.tv_sec, stamp, sizeof stamp);
    write_out(line, compose(line, stamp, &now, level, format, arguments));
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

void log_lines_add(struct log_lines *lines, const char *format, ...) {
    char line[LINE_SIZE];
    struct timeval now;
    va_list arguments;

    gettimeofday(&now, NULL);
    if (now.tv_sec != lines->second || lines->stamp[0] == '\0') {
        lines->second = now.tv_sec;
        format_second(now.tv_sec, lines->stamp, sizeof lines->stamp);
    }
    va_start(arguments, format);
    size_t length = compose(line, lines->stamp, &now, "info", format, arguments);
    va_end(arguments);
    if (length > sizeof lines->bytes - lines->length)
        log_lines_write(lines);
    memcpy(lines->bytes + lines->length, line, length);
    lines->length += length;
}

void log_lines_write(struct log_lines *lines) {
    if (lines->length > 0)
        write_out(lines->bytes, lines->length);
    lines->length = 0;
}
