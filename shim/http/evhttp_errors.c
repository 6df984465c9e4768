/* Errors that evhttp raises itself, as problem documents in place of its HTML. */
#include "shim/http/evhttp_errors.h"

#include <event2/http_struct.h>

#include "shim/http/problem.h"
#include "shim/http/reply.h"

/* Global, because evhttp passes no argument of ours to the function below. */
static struct reply_context *error_context;

void evhttp_errors_adopt(struct reply_context *context) {
    error_context = context;
}

/* Replaces libevent's function. libevent 2.1 has no hook for its error page (2.2 has evhttp_set_errorcb), but it calls
 * its own public evhttp_send_error through the dynamic linker, which finds this one first. A libevent that was linked
 * with -Bsymbolic-functions does not, and answers in HTML. */
void evhttp_send_error(struct evhttp_request *req, int error, const char *reason) {
    static const struct problem *const known[] = {&problem_expectation_failed, &problem_not_implemented,
                                                  &problem_too_large};
    const struct problem *problem = &problem_bad_request;
    struct reply reply;
    struct buffer body = {0};

    (void)reason;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i]->status == error)
            problem = known[i];
    }
    /* If the request line could not be parsed, there is no version of HTTP to answer with. */
    if (req->major == 0) {
        req->major = 1;
        req->minor = 1;
    }
    reply_begin(&reply, req, error_context);
    problem_write(&body, problem, NULL, reply.request_id);
    reply_ends_connection(&reply);
    reply_send(&reply, problem->status, "application/problem+json", &body);
    buffer_free(&body);
}
