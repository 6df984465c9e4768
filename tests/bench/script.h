/* The requests to be sent: a file with one to a line, which is read as they are sent. */
#ifndef EVENTHUB_BENCH_SCRIPT_H
#define EVENTHUB_BENCH_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

/* A line is `METHOD PATH TOKEN [BODY]`, with - for no token; the body is the rest of the line: JSON or, if it does not
 * begin with a brace, a form. */
struct script {
    const char *text;
    size_t length;
    size_t place;       /* where the next line begins */
    bool repeated;      /* the first line follows the last one */
    const char *header; /* a line that every request has besides its own, or NULL */
};

/* Maps the file; false with errno set. */
bool script_open(struct script *script, const char *path, bool repeated);

/* Where the next line begins. */
size_t script_place(const struct script *script);

/* Writes the request of the line that begins at `place`, and leaves the script where it is. */
long script_repeat(const struct script *script, size_t place, char *request, size_t size);

/* Writes the next request; 0 if there is none, and -1 if the line is not as it should be or does not fit. */
long script_next(struct script *script, char *request, size_t size);

#endif
