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

/* Lines that are written together, for a program that logs thousands a second. Zero-initialised is empty and valid. One
 * thread uses it. A pipe takes PIPE_BUF bytes at once or not at all (pipe(7)). */
struct log_lines {
    char bytes[PIPE_BUF];
    size_t length;
    time_t second; /* the second that `stamp` shows */
    char stamp[LOG_STAMP_SIZE];
};

/* Appends a line as log_info would write it. Where there is no room for it, it writes the earlier lines first. */
void log_lines_add(struct log_lines *lines, const char *message, size_t length);

/* Writes the lines that have been appended. */
void log_lines_write(struct log_lines *lines);

#endif
