/* Sending an answer: status, headers, body, and the line in the log. */
#ifndef EVENTHUB_REPLY_H
#define EVENTHUB_REPLY_H

#include <event2/event.h>
#include <event2/http.h>
#include <stdint.h>

#include "../db/common/buffer.h"

enum { REQUEST_ID_SIZE = 65 };

/* What an answer needs to know of its request. */
struct reply {
    struct evhttp_request *request;
    const char *allowed_origins; /* the setting CORS_ORIGINS */
    char request_id[REQUEST_ID_SIZE];
    int64_t began_us;
};

/* Begins an answer: takes the time, and the request's X-Request-Id if it has a sensible one, else makes an id. */
void reply_begin(struct reply *reply, struct evhttp_request *request, const char *allowed_origins);

/* Adds a header to the answer. */
void reply_header(struct reply *reply, const char *name, const char *value);

/* Sends `body` (its memory changes hands; NULL or empty: none) and logs the request: method, path, status, microseconds
 * since reply_begin, id. Afterwards the request is evhttp's again. */
void reply_send(struct reply *reply, int status, const char *content_type, struct buffer *body);

#endif
