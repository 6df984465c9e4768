/* Limits that evhttp lacks: how many connections are open, how long a request may take to arrive, how much input is
 * buffered, and how many bytes of answers wait to be read. */
#ifndef EVENTHUB_CONNECTIONS_H
#define EVENTHUB_CONNECTIONS_H

#include <event2/http.h>
#include <stdbool.h>
#include <stddef.h>

#include "shim/http/listeners.h"

struct connections;

struct connections_options {
    size_t limit;          /* at this number no more are accepted until one has ended */
    size_t reserved_files; /* descriptors that the program needs besides; `limit` leaves room for them */
    size_t input_bytes;    /* how much input of one connection is buffered at most (backpressure) */
    long deadline_seconds; /* from a request's first byte to its last; and again until its answer is read */
};

/* Watches the connections that `listeners` accept for `http`, and raises the process's limit of open files to its hard
 * limit. The listeners stay the caller's. NULL if memory is out or getrlimit(2) fails. */
struct connections *connections_new(struct event_base *base, struct evhttp *http, struct listeners *listeners,
                                    const struct connections_options *options);

/* connections_stop ends the watch: call it before the listeners are closed. connections_free frees everything: call it
 * after evhttp_free, which ends the connections. */
void connections_stop(struct connections *all);
void connections_free(struct connections *all);

/* connections_arrived says that a request has arrived whole: nothing is due from its client until the answer is sent.
 * connections_answering says that an answer of `bytes` is about to be sent: now it has to be read in time. */
void connections_arrived(struct connections *all, struct evhttp_request *request);
void connections_answering(struct connections *all, struct evhttp_request *request, size_t bytes);

/* Calls `left`, at most once, if the client closes the connection, or its sending side, while the request waits for its
 * answer. Looked for once a second, and only for requests that have waited for a second: while a request waits, evhttp
 * does not read. */
void connections_on_leaving(struct connections *all, struct evhttp_request *request, void (*left)(void *argument),
                            void *argument);

/* Says that the connection ends with the answer (which has "Connection: close"), although the client may still be
 * sending. The connection then lingers until the client has had the time to read the answer. */
void connections_ending(struct connections *all, struct evhttp_request *request);

/* connections_send_soon marks the request's connection as one that has an answer to send. connections_send sends on all
 * marked connections as much as their sockets take; evhttp sends the rest. Do not call connections_send from a callback
 * of evhttp, because sending may end the connection. */
void connections_send_soon(struct connections *all, struct evhttp_request *request);
void connections_send(struct connections *all);

/* How many bytes of answers are held until their clients read them. */
size_t connections_unread(const struct connections *all);

/* Whether any answer has not been sent completely. */
bool connections_sending(const struct connections *all);

/* Whether any client is connected. */
bool connections_open(const struct connections *all);

#endif
