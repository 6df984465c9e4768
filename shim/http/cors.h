/* Cross-origin requests from browsers (the Fetch Standard's CORS protocol). */
#ifndef EVENTHUB_CORS_H
#define EVENTHUB_CORS_H

#include <stdbool.h>

#include "shim/http/reply.h"

/* Allows the origin of the request, if the setting does, to read the answer. The setting is "*" or a list of origins
 * separated by commas; none needs credentials (cookies), and those that are listed may be allowed to send them. */
void cors_add_headers(struct reply *reply);

/* Whether a browser asks before it sends the request that a page wants to. */
bool cors_is_preflight(const struct reply *reply);

/* Whether it does; if so, adds what it asks: `methods` (of the path, as for Allow) and its own, and headers. */
bool cors_preflight(struct reply *reply, const char *methods);

/* What is wrong with the setting CORS_ORIGINS, which names an origin that no browser ever sends; or NULL. A static
 * string that begins with a verb. */
const char *cors_origins_fault(const char *value);

#endif
