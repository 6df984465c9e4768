/* Text in HTML. */
#include "db/common/html_out.h"

const char *html_out_entity(char c) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void html_out_text(struct buffer *out, const char *text, size_t length) {
    size_t plain = 0; /* where the run of characters begins that stand for themselves */

    for (size_t i = 0; i < length; i++) {
        const char *entity = html_out_entity(text[i]);
        if (entity == NULL)
            continue;
        buffer_append(out, text + plain, i - plain);
        buffer_text(out, entity);
        plain = i + 1;
    }
    buffer_append(out, text + plain, length - plain);
}
