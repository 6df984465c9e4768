/* A growable run of bytes. */
#include "db/common/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *buffer_reserve(struct buffer *buffer, size_t length) {
    if (buffer->failed)
        return NULL;
    if (buffer->capacity - buffer->length < length) {
        size_t capacity = buffer->capacity ? buffer->capacity : 256;
        while (capacity - buffer->length < length) {
            if (capacity > SIZE_MAX / 2)
                goto failed;
            capacity *= 2;
        }
        char *data = realloc(buffer->data, capacity);
        if (data == NULL)
            goto failed;
        buffer->data = data;
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->length;

failed:
    buffer->failed = true;
    buffer->length = 0;
    return NULL;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t length) {
    char *to = buffer_reserve(buffer, length);
    if (to == NULL || length == 0)
        return;
    memcpy(to, bytes, length);
    buffer->length += length;
}

void buffer_text(struct buffer *buffer, const char *text) {
    buffer_append(buffer, text, strlen(text));
}

void buffer_printf(struct buffer *buffer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *to = length < 0 ? NULL : buffer_reserve(buffer, (size_t)length + 1);
    if (to == NULL) {
        buffer->failed = true;
        return;
    }
    va_start(arguments, format);
    vsnprintf(to, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->length += (size_t)length;
}

void buffer_fit(struct buffer *buffer) {
    char *data = buffer->length > 0 ? realloc(buffer->data, buffer->length) : NULL;
    if (data == NULL)
        return;
    buffer->data = data;
    buffer->capacity = buffer->length;
}

void buffer_clear(struct buffer *buffer) {
    buffer->length = 0;
    buffer->failed = false;
}

void buffer_free(struct buffer *buffer) {
    free(buffer->data);
    *buffer = (struct buffer){0};
}
