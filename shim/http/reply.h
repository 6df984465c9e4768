/* Sending an answer: status, headers, body, and the line in the log. */
#ifndef EVENTHUB_REPLY_H
#define EVENTHUB_REPLY_H

#include <event2/http.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/common/buffer.h"
#include "shim/http/cors.h"

enum { REQUEST_ID_SIZE = 65, LONGEST_RETRY = 10 };

/* What all answers share. */
struct reply_context {
    struct cors cors;
    struct connections *connections;
    struct turn *turn;  /* writes the log */
    struct gzip *gzip;  /* compresses long bodies for clients that take that; NULL: the setting COMPRESSION is 0 */
    bool stopping;      /* graceful drain: each answer closes its connection */
    char id_prefix[17]; /* of the request ids made here: random, one for each process */
    uint32_t id_count;
    unsigned seed; /* of Retry-After */
};

/* Makes what is random; the rest of the context is the caller's to fill. */
void reply_context_init(struct reply_context *context);

/* What an answer needs to know of its request. */
struct reply {
    struct evhttp_request *request;
    struct reply_context *context;
    char request_id[REQUEST_ID_SIZE];
    int64_t began_us;
    bool ends_connection;
    bool varies_by_encoding;
};

/* Begins an answer: notes the time and the request's id. That is its X-Request-Id, if this consists of up to 64
 * letters, digits, ".", "_" and "-"; otherwise a new one. */
void reply_begin(struct reply *reply, struct evhttp_request *request, struct reply_context *context);

/* Adds a header to the answer. */
void reply_header(struct reply *reply, const char *name, const char *value);

/* Says that the body, which is compressed if `is_gzip`, is another one for clients that do not take gzip, or that do
 * (Vary: Accept-Encoding). */
void reply_encoding(struct reply *reply, bool is_gzip);
/* Adds Retry-After with a random number of seconds from 1 to LONGEST_RETRY, so that clients that are refused together
 * do not come back together. */
void reply_retry_after(struct reply *reply);

/* Ends the connection with this answer, although the client may still be sending: what it sends is not read as a next
 * request, and it gets the time to read the answer. */
void reply_ends_connection(struct reply *reply);

/* Sends the answer and logs the request: method, path, status, microseconds since reply_begin, id. `body` may be NULL
 * or empty. Its memory is taken if it is sent; the caller frees `body` in either case. If `body` has failed, the answer
 * is 500 without a body. Afterwards the request belongs to evhttp again. */
void reply_send(struct reply *reply, int status, const char *content_type, struct buffer *body);

/* Moves `body` into a buffer that reply_send_shared can send any number of times. The caller frees it with
 * evbuffer_free. NULL if memory is out. */
struct evbuffer *reply_share(struct buffer *body);

/* Like reply_send, but `body` stays the caller's, who may free it at any time, because evbuffers count references. */
void reply_send_shared(struct reply *reply, int status, const char *content_type, struct evbuffer *body);

#endif
