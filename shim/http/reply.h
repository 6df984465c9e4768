/* Sending an answer: status, headers, body, and the line in the log. */
#ifndef EVENTHUB_REPLY_H
#define EVENTHUB_REPLY_H

#include <event2/buffer.h>
#include <event2/http.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/common/buffer.h"
#include "shim/http/connections.h"
#include "shim/http/cors.h"
#include "shim/http/turn.h"

enum { REQUEST_ID_SIZE = 65 };

/* What all answers share. */
struct reply_context {
    struct cors cors;
    struct connections *connections;
    struct turn *turn;  /* writes the log */
    bool stopping;      /* each answer closes its connection */
    char id_prefix[17]; /* of the request ids that are made here: random, one for each process */
    uint32_t id_count;
};

/* Makes the prefix of request ids; the rest of the context is the caller's to fill. */
void reply_context_init(struct reply_context *context);

/* What an answer needs to know of its request. */
struct reply {
    struct evhttp_request *request;
    struct reply_context *context;
    char request_id[REQUEST_ID_SIZE];
    int64_t began_us;
    bool ends_connection;
};

/* Begins an answer: takes the time, and the request's X-Request-Id if it has a sensible one, else makes an id. */
void reply_begin(struct reply *reply, struct evhttp_request *request, struct reply_context *context);

/* Adds a header to the answer. */
void reply_header(struct reply *reply, const char *name, const char *value);

/* Has the answer close its connection, on which the client may still be sending: what it sends is no next request, and
 * it gets the time to read the answer. */
void reply_ends_connection(struct reply *reply);

/* Sends `body` (its memory changes hands; NULL or empty: none) and logs the request: method, path, status, microseconds
 * since reply_begin, id. Afterwards the request is evhttp's again. */
void reply_send(struct reply *reply, int status, const char *content_type, struct buffer *body);

/* Makes of `body` (its memory changes hands) what reply_send_shared can send any number of times; NULL if memory is
 * out. */
struct evbuffer *reply_share(struct buffer *body);

/* The same as reply_send, with a body that stays the caller's, who may free it at any time. */
void reply_send_shared(struct reply *reply, int status, const char *content_type, struct evbuffer *body);

#endif
