/* Cross-origin requests from browsers (the Fetch Standard's CORS protocol). */
#ifndef EVENTHUB_CORS_H
#define EVENTHUB_CORS_H

#include <event2/http.h>
#include <stdbool.h>

struct cors {
    const char *origins;    /* "*", or a list of origins separated by commas: the setting CORS_ORIGINS */
    bool allow_credentials; /* whether pages of listed origins may send cookies: the setting CORS_CREDENTIALS */
};

/* Adds the headers that allow the page that the request comes from to read the answer, if the settings do. */
void cors_add_headers(const struct cors *cors, struct evhttp_request *request);

/* Whether the request is a preflight, by which a browser asks before it sends the request that a page wants to. */
bool cors_is_preflight(struct evhttp_request *request);

/* Adds to the answer of a preflight that the page may use `methods`, those of the path as for Allow, and the method and
 * the headers that it asks for. */
void cors_allow(struct evhttp_request *request, const char *methods);

/* What is wrong with the setting CORS_ORIGINS, which names an origin that no browser ever sends; or NULL. A static
 * string that begins with a verb. */
const char *cors_origins_fault(const char *value);

#endif
