/* Cross-origin requests from browsers (the Fetch Standard's CORS protocol). */
#ifndef EVENTHUB_CORS_H
#define EVENTHUB_CORS_H

#include <event2/http.h>
#include <stdbool.h>

struct cors {
    const char *origins;    /* "*", or a list of origins separated by commas: the setting CORS_ORIGINS */
    bool allow_credentials; /* whether pages of listed origins may send cookies: the setting CORS_CREDENTIALS */
};

/* Adds the headers by which the page that sent the request may read the answer, if the settings allow its origin. */
void cors_add_headers(const struct cors *cors, struct evhttp_request *request);

/* Whether answers depend on the request's Origin, so that each has to say `Vary: Origin`: no cache may give one origin
 * the answer for another one. */
bool cors_varies(const struct cors *cors);

/* Whether the request is a CORS preflight: the OPTIONS request by which a browser asks whether a page may send another
 * one. */
bool cors_is_preflight(struct evhttp_request *request);

/* Adds the headers that answer a preflight: the page may use `methods` (those of the path, as in Allow), and the method
 * and the headers that it asks for. */
void cors_allow(struct evhttp_request *request, const char *methods);

/* Returns what is wrong with a value of CORS_ORIGINS, namely an entry that no browser ever sends as an origin; or NULL.
 * The string is static, begins with a verb and is overwritten by the next call. */
const char *cors_origins_fault(const char *value);

#endif
