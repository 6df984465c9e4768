/* An exchange: one request and its answer, by way of the token, the fields and a CALL. */
#ifndef EVENTHUB_EXCHANGE_H
#define EVENTHUB_EXCHANGE_H

#include <event2/http.h>
#include <stdbool.h>
#include <stddef.h>

#include "db/client/pool.h"
#include "shim/api/password.h"
#include "shim/api/token.h"
#include "shim/http/reply.h"

/* What all exchanges share. */
struct exchange_context {
    struct db_pool *database;
    struct password_pool *passwords;
    struct token_key key;
    struct reply_context replies;
    size_t under_way; /* requests that have no answer yet */
    bool closing;     /* the pools are going: nothing more is submitted, and nothing can be sent */
};

/* Takes a request that has arrived, as evhttp_set_gencb's callback; `context` is a struct exchange_context. */
void exchange_begin(struct evhttp_request *request, void *context);

#endif
