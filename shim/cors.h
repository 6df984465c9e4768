/* Cross-origin requests from browsers (the Fetch Standard's CORS protocol). */
#ifndef EVENTHUB_CORS_H
#define EVENTHUB_CORS_H

#include <stdbool.h>

#include "reply.h"

/* Allows the origin of the request, if the setting does, to read the answer. The setting is "*" or a list of origins
 * separated by commas; credentials (cookies) are never allowed, and none are needed. */
void cors_add_headers(struct reply *reply);

/* Whether the request is a preflight; if it is, adds what it asks: `methods` (of the path, as for Allow) and headers.
 */
bool cors_preflight(struct reply *reply, const char *methods);

#endif
