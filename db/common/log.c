/* The log: one line per happening, on standard error. */
#include "log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { LINE_SIZE = 2048 };

static void log_line(const char *level, const char *format, va_list arguments) {
    char line[LINE_SIZE];
    struct timeval now;
    struct tm utc;

    gettimeofday(&now, NULL);
    gmtime_r(&now.tv_sec, &utc);
    /* A line of progress that stands on a terminal gives way. */
    size_t head = isatty(STDERR_FILENO) == 1 ? (size_t)snprintf(line, sizeof line, "\r\033[K") : 0;
    size_t first = head;
    head += strftime(line + head, sizeof line - head, "%Y-%m-%dT%H:%M:%S", &utc);
    head += (size_t)snprintf(line + head, sizeof line - head, ".%03dZ %s ", (int)(now.tv_usec / 1000), level);
    int wanted = vsnprintf(line + head, sizeof line - head, format, arguments);
    size_t end = wanted < 0 ? head : head + (size_t)wanted;
    if (end > sizeof line - 1)
        end = sizeof line - 1;
    for (size_t i = first; i < end; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    }
    line[end] = '\n';
    /* A log that nobody reads is no reason to stop serving: a full pipe loses the line. A pipe that poll(2) calls
     * writable takes PIPE_BUF bytes at once, which is more than a line. */
    struct pollfd log = {.fd = STDERR_FILENO, .events = POLLOUT};
    ssize_t written = poll(&log, 1, 0) == 1 ? write(STDERR_FILENO, line, end + 1) : 0;
    (void)written;
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
