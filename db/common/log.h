/* The log: one line per happening, on standard error. */
#ifndef EVENTHUB_LOG_H
#define EVENTHUB_LOG_H

#include <limits.h>
#include <stddef.h>
#include <time.h>

/* Writes one line, "<UTC time> <level> <message>", by a single write(2), so that lines of several threads never mix.
 * Control characters in the message come out as '?': text from a client cannot forge a line. */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

enum { LOG_STAMP_SIZE = 24 };

/* Lines that are written together, for who writes thousands a second. Zero-initialised is empty and valid; used by one
 * thread. A pipe takes PIPE_BUF bytes at once or not at all (pipe(7)). */
struct log_lines {
    char bytes[PIPE_BUF];
    size_t length;
    time_t second; /* that `stamp` is of */
    char stamp[LOG_STAMP_SIZE];
};

/* Appends a line as log_info would write it; writes those before it if there is no room. */
void log_lines_add(struct log_lines *lines, const char *message, size_t length);

/* Writes what has been appended. */
void log_lines_write(struct log_lines *lines);

#endif
