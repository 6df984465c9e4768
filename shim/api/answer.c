/* Answers as clients get them: rows, a token, what a path allows, or a problem. */
#include "shim/api/answer.h"

#include <time.h>

#include "shim/api/page.h"
#include "shim/http/cors.h"
#include "shim/http/method.h"

static void add_link(struct reply *reply, const struct request *request, const struct rows *rows) {
    struct buffer link = {0};

    rows_link_next(rows, request->extra.page_size, request->match.route->paths[request->match.path], &request->query,
                   &link);
    if (!link.failed && link.length > 0)
        reply_header(reply, "Link", link.data);
    buffer_free(&link);
}

/* Whether to send the rows compressed. The thread that received them compressed them if its client wanted that. If it
 * did not, and somebody with whom it shares them does, they are compressed here, unless they are so long that the event
 * loop would be held up. */
static bool choose_gzip(struct gzip *gzip, const struct request *request, struct rows *rows) {
    enum { MOST_AT_ONCE = 64 * 1024 };

    if (!request->wants_gzip)
        return false;
    return rows->gzip.length > 0 || rows->shared_gzip != NULL ||
           (rows_length(rows) <= MOST_AT_ONCE && rows_compress(rows, gzip));
}

const struct problem *answer_rows(struct reply *reply, const struct request *request, struct rows *rows,
                                  bool is_shared) {
    const struct route *route = request->match.route;
    bool varies = reply->context->gzip != NULL && route_compresses(route) && rows_length(rows) >= GZIP_MINIMUM;
    bool is_gzip = choose_gzip(reply->context->gzip, request, rows);
    struct buffer *body = is_gzip ? &rows->gzip : &rows->body;
    struct evbuffer **shared = is_gzip ? &rows->shared_gzip : &rows->shared;

    if (is_shared && *shared == NULL) {
        *shared = reply_share(body);
        if (*shared == NULL)
            return &problem_unavailable;
    }
    const char *type = route->shape == SHAPE_PAGE ? page_add_headers(reply) : "application/json";
    add_link(reply, request, rows);
    if (varies)
        reply_encoding(reply, is_gzip);
    if (is_shared)
        reply_send_shared(reply, route->status, type, *shared);
    else
        reply_send(reply, route->status, type, body);
    return NULL;
}

const struct problem *answer_token(struct reply *reply, const struct request *request, const struct token_key *key,
                                   const struct token_claims *user) {
    struct buffer body = {0};
    bool good = token_write(&body, key, user, time(NULL));

    if (good) {
        reply_header(reply, "Cache-Control", "no-store");
        reply_send(reply, request->match.route->status, "application/json", &body);
    }
    buffer_free(&body);
    return good ? NULL : &problem_internal;
}

void answer_options(struct reply *reply, const struct request *request) {
    char methods[64];

    method_list(request->match.methods | EVHTTP_REQ_OPTIONS, methods, sizeof methods);
    if (cors_is_preflight(request->http))
        cors_allow(request->http, methods);
    else
        reply_header(reply, "Allow", methods);
    reply_send(reply, 204, NULL, NULL);
}

void answer_problem(struct reply *reply, const struct problem *problem, const struct faults *faults) {
    struct buffer body = {0}, errors = {0};

    if (problem->status == 401)
        reply_header(reply, "WWW-Authenticate", "Bearer");
    if (problem->status == 503)
        reply_retry_after(reply);
    faults_write(&errors, faults);
    problem_write(&body, problem, &errors, reply->request_id);
    reply_send(reply, problem->status, "application/problem+json", &body);
    buffer_free(&errors);
    buffer_free(&body);
}
