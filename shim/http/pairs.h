/* Names with values, as query strings and forms carry them. */
#ifndef EVENTHUB_PAIRS_H
#define EVENTHUB_PAIRS_H

#include <stddef.h>

enum { PAIRS_LIMIT = 32 };

struct pair {
    const char *name; /* NUL-terminated */
    const char *value;
    size_t length; /* bytes in value, not counting the NUL at its end */
};

struct pairs {
    struct pair pair[PAIRS_LIMIT];
    size_t count;
    char *text; /* what the pairs point into */
};

/* Parses application/x-www-form-urlencoded (URL Standard, section 5.1): a query string without its "?", or a form. A
 * name without "=" has the value "". Returns NULL, or what is wrong, a static string that begins with a verb: more than
 * PAIRS_LIMIT pairs, not UTF-8, or a NUL character. The caller frees `pairs` in either case. */
const char *pairs_parse_urlencoded(struct pairs *pairs, const char *text, size_t length);

/* Parses multipart/form-data (RFC 7578), which browsers send for a FormData; parts that are files are skipped.
 * `content_type` is the whole header, which names the boundary. Returns as above. */
const char *pairs_parse_multipart(struct pairs *pairs, const char *content_type, const char *text, size_t length);

void pairs_free(struct pairs *pairs);

#endif
