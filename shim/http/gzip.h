/* Compressed bodies: whether a client takes gzip, and gzip itself. */
#ifndef EVENTHUB_GZIP_H
#define EVENTHUB_GZIP_H

#include <event2/http.h>
#include <stdbool.h>
#include <stddef.h>

#include "db/common/buffer.h"

/* A shorter body is not compressed: it fits into one packet as it is. */
enum { GZIP_MINIMUM = 1024 };

/* Whether the request prefers gzip to a body as it is: what its Accept-Encoding says, in one line or several (RFC 9110,
 * section 12.5.3). A coding with a weight that cannot be read is taken as refused. */
bool gzip_is_preferred(struct evhttp_request *request);

/* Compresses bodies, and keeps what it needs for the next one. */
struct gzip;

/* NULL if memory is out. */
struct gzip *gzip_new(void);
void gzip_free(struct gzip *gzip);

/* Writes the bytes, compressed, to `to`, which is empty. False, with nothing written, if that would not be shorter or
 * memory is out. May be called on any thread. */
bool gzip_write(struct gzip *gzip, struct buffer *to, const void *bytes, size_t length);

#endif
