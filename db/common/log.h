/* The log: one line per happening, on standard error. */
#ifndef EVENTHUB_LOG_H
#define EVENTHUB_LOG_H

#include <stddef.h>

/* Writes one line, "<UTC time> <level> <message>", by a single write(2), so that lines of several threads never mix.
 * Control characters in the message come out as '?': text from a client cannot forge a line. */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
