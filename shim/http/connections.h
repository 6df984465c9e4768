/* The limits that evhttp lacks: how many connections there are, how long one request may take to arrive, how much input
 * and how many unread answers are held. */
#ifndef EVENTHUB_CONNECTIONS_H
#define EVENTHUB_CONNECTIONS_H

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdbool.h>
#include <stddef.h>

#include "shim/http/listeners.h"

struct connections;

struct connections_options {
    size_t limit;          /* at this number no more are accepted until one has gone */
    size_t reserved_files; /* descriptors that the program needs besides; the limit leaves room for them */
    size_t input_bytes;    /* how much of what a client sends is held before it is looked at */
    long deadline_seconds; /* from a request's first byte to its last; and as long again for its answer to be read */
};

/* Watches the connections that `listeners` accept for `http`. NULL if memory is out. The listeners stay the caller's.
 */
struct connections *connections_new(struct event_base *base, struct evhttp *http, struct listeners *listeners,
                                    const struct connections_options *options);

/* Stops watching, after which the listeners may go; and, after evhttp_free, which ends the connections, frees. */
void connections_stop(struct connections *connections);
void connections_free(struct connections *connections);

/* A request has arrived whole: until connections_answering, which is told the answer's length,
 * nothing is due from the client. */
void connections_arrived(struct connections *connections, struct evhttp_request *request);
void connections_answering(struct connections *connections, struct evhttp_request *request, size_t bytes);

/* The answer, which says "Connection: close", is given before the client has sent all it wants to: the connection stays
 * until the client has had the time to read it. */
void connections_ending(struct connections *connections, struct evhttp_request *request);

/* Has the request's connection looked at by connections_send, which sends what of answers can be sent at once; the rest
 * follows as usual. Not to be called from evhttp's callbacks, since a connection may end in there. */
void connections_send_soon(struct connections *connections, struct evhttp_request *request);
void connections_send(struct connections *connections);

/* How many bytes of answers wait for their clients to read them. */
size_t connections_unread(const struct connections *connections);

/* Whether any answer has not left yet. */
bool connections_sending(const struct connections *connections);

/* Whether any client is connected. */
bool connections_open(const struct connections *connections);

#endif
