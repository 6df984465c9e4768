/* A growable run of bytes. */
#ifndef EVENTHUB_BUFFER_H
#define EVENTHUB_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/* Zero-initialised is empty and valid. An allocation that fails sets `failed` and drops the bytes; everything appended
 * afterwards is dropped too, so that a writer need look only once, at the end. */
struct buffer {
    char *data;
    size_t length;
    size_t capacity;
    bool failed;
};

void buffer_append(struct buffer *buffer, const void *bytes, size_t length);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes room for `length` more bytes and returns where they go, or NULL; the caller adds to `length` what it wrote. */
char *buffer_reserve(struct buffer *buffer, size_t length);

/* Gives back the memory that the buffer has beyond its bytes. */
void buffer_fit(struct buffer *buffer);

/* Empties the buffer and keeps its memory for what comes next. */
void buffer_clear(struct buffer *buffer);
void buffer_free(struct buffer *buffer);

#endif
