/* One request and its answer: routing, token, fields, CALL, answer, in this order. */
#ifndef EVENTHUB_EXCHANGE_H
#define EVENTHUB_EXCHANGE_H

#include <event2/event.h>
#include <event2/http.h>

#include "db/client/pool.h"
#include "shim/api/password.h"
#include "shim/api/token.h"
#include "shim/http/connections.h"
#include "shim/http/reply.h"

enum {
    EXCHANGE_MAX_BODY = 64 * 1024, /* the longest description, every character escaped, takes 24,000 bytes */
    EXCHANGE_MAX_HEADERS = 16 * 1024,
};

/* What all exchanges share. */
struct exchange_context {
    struct db_pool *database;
    struct event *start_calls; /* has db_pool_start called, once what has arrived by now has been read */
    struct password_pool *passwords;
    struct connections *connections;
    struct token_key key;
    struct reply_context replies;
    size_t under_way; /* requests that have no answer yet */
    bool stopping;    /* each answer closes its connection */
    bool closing;     /* the pools are going: nothing more is submitted */
};

/* Takes a request that has arrived, as evhttp_set_gencb's callback; `context` is a struct exchange_context. */
void exchange_begin(struct evhttp_request *request, void *context);

#endif
