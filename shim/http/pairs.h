/* Names with values, as query strings and forms carry them. */
#ifndef EVENTHUB_PAIRS_H
#define EVENTHUB_PAIRS_H

#include <stdbool.h>
#include <stddef.h>

enum { PAIRS_LIMIT = 32 };

struct pair {
    const char *name; /* NUL-terminated */
    const char *value;
    size_t length; /* bytes in value, which may hold a NUL; one more NUL ends it */
};

struct pairs {
    struct pair pair[PAIRS_LIMIT];
    size_t count;
    char *text; /* what the pairs point into */
};

/* Takes application/x-www-form-urlencoded apart (URL Standard, section 5.1): a query string without its "?", or a form.
 * A name without "=" has the value "". Returns NULL, or what is wrong, a static string that begins with a verb: more
 * than PAIRS_LIMIT pairs, not UTF-8, or a NUL character. */
const char *pairs_parse_urlencoded(struct pairs *pairs, const char *text, size_t length);

/* Takes multipart/form-data apart (RFC 7578), of which a browser's FormData makes use; parts that are files are
 * skipped. `content_type` is the whole header, for its boundary. Returns as above. */
const char *pairs_parse_multipart(struct pairs *pairs, const char *content_type, const char *text, size_t length);

void pairs_free(struct pairs *pairs);

#endif
