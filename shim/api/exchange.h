/* An exchange is one request and its answer, with everything in between: the token, the fields and the CALL. */
#ifndef EVENTHUB_EXCHANGE_H
#define EVENTHUB_EXCHANGE_H

#include <event2/http.h>
#include <stdbool.h>
#include <stddef.h>

#include "shim/api/token.h"
#include "shim/http/reply.h"
#include "shim/http/tarpit.h"

/* What all exchanges share. */
struct exchange_context {
    struct db_pool *database;
    struct password_pool *passwords;
    struct token_key key;
    struct reply_context replies;
    struct tarpit *tarpit; /* for those who are refused because there is too much to do */
    size_t under_way;      /* exchanges that are not over yet */
    bool closing;          /* the pools are being freed: nothing more can be submitted or sent */
};

/* Takes a request that has arrived, as evhttp_set_gencb's callback; `argument` is a struct exchange_context. */
void exchange_begin(struct evhttp_request *request, void *argument);

#endif
