/* Links to other pages of a list (RFC 8288). */
#include "shim/api/links.h"

#include <event2/http.h>
#include <stdlib.h>
#include <string.h>

void link_next(struct buffer *link, const char *path, const struct pairs *query, const char *cursor) {
    buffer_printf(link, "<%s?", path);
    for (size_t i = 0; i < query->count; i++) {
        const struct pair *pair = &query->pair[i];
        if (strcmp(pair->name, "cursor") == 0)
            continue;
        char *name = evhttp_encode_uri(pair->name);
        char *value = evhttp_uriencode(pair->value, (ev_ssize_t)pair->length, 0);
        if (name != NULL && value != NULL)
            buffer_printf(link, "%s=%s&", name, value);
        free(name);
        free(value);
    }
    buffer_printf(link, "cursor=%s>; rel=\"next\"", cursor);
}
