/* JSON, written straight into a buffer. */
#include "db/common/json_out.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Whether none of eight characters needs an escape. Nearly none do, and one look at eight takes a fifth of the time. */
static bool are_plain(const char *text) {
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones * 0x80;
    uint64_t eight;

    memcpy(&eight, text, sizeof eight);
    uint64_t quote = eight ^ ones * '"';
    uint64_t backslash = eight ^ ones * '\\';
    /* A byte's top bit is set where the byte is below 0x20, or 0, and a carry can add only to one that already is. */
    uint64_t special = ((eight - ones * 0x20) & ~eight) | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash);
    return (special & tops) == 0;
}

void json_out_string(struct buffer *out, const char *text, size_t length) {
    static const char short_escapes[0x20] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    size_t plain = 0; /* where the run of characters begins that need no escape */

    buffer_append(out, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        while (length - i > sizeof(uint64_t) && are_plain(text + i))
            i += sizeof(uint64_t);
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buffer_append(out, text + plain, i - plain);
        plain = i + 1;
        if (c >= 0x20)
            buffer_append(out, (char[]){'\\', (char)c}, 2);
        else if (short_escapes[c] != 0)
            buffer_append(out, (char[]){'\\', short_escapes[c]}, 2);
        else
            buffer_printf(out, "\\u%04x", c);
    }
    buffer_append(out, text + plain, length - plain);
    buffer_append(out, "\"", 1);
}

void json_out_member(struct buffer *out, const char *name, const char *text) {
    if (out->length > 0 && out->data[out->length - 1] != '{')
        buffer_append(out, ",", 1);
    json_out_string(out, name, strlen(name));
    buffer_append(out, ":", 1);
    json_out_string(out, text, strlen(text));
}
