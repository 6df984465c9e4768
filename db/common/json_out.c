/* JSON, written straight into a buffer. */
#include "db/common/json_out.h"

#include <string.h>

void json_out_string(struct buffer *out, const char *text, size_t length) {
    static const char short_escapes[0x20] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    size_t plain = 0; /* where the run of characters begins that need no escape */

    buffer_append(out, "\"", 1);
    for (size_t i = 0; i < length; i++) {
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
