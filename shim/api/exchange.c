/* An exchange is one request and its answer, with everything in between: the token, the fields and the CALL.
 *
 * The file reads in the order in which things happen: a request is read in steps, each of which returns NULL or the
 * problem to answer with. Then `proceed` goes from state to state until the answer has been sent. */
#include "shim/api/exchange.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "db/client/pool.h"
#include "db/common/container_of.h"
#include "db/common/log.h"
#include "shim/api/answer.h"
#include "shim/api/check.h"
#include "shim/api/credentials.h"
#include "shim/api/password.h"
#include "shim/api/refusals.h"
#include "shim/api/request.h"
#include "shim/api/rows.h"
#include "shim/http/connections.h"
#include "shim/http/cors.h"
#include "shim/http/guard.h"
#include "shim/http/turn.h"

/* Admission control: if clients have not read so many bytes of answers, which have to be held in memory, no more
 * requests are taken. */
enum { MAX_UNREAD_BYTES = 256 * 1024 * 1024 };

enum exchange_state {
    READING,   /* the request is being read, on the event loop's thread */
    REFUSED,   /* there is too much to do, and the tarpit holds the answer back for a while */
    HASHING,   /* a password that is to be stored is hashed by a thread for passwords */
    CALLING,   /* a thread of the database's pool calls the route's procedure or its check_procedure */
    CHECKING,  /* a thread for passwords compares a password with the hash that the CALL returned */
    REPLACING, /* an outdated hash is replaced by another CALL */
    ANSWERING, /* the answer goes out; then the exchange is over */
};

/* The states that may follow each state, as bits. */
static const unsigned followers[] = {
    [READING] = 1 << REFUSED | 1 << HASHING | 1 << CALLING | 1 << ANSWERING,
    [REFUSED] = 1 << ANSWERING,
    [HASHING] = 1 << REFUSED | 1 << CALLING | 1 << ANSWERING,
    [CALLING] = 1 << REFUSED | 1 << CHECKING | 1 << ANSWERING,
    [CHECKING] = 1 << REFUSED | 1 << REPLACING | 1 << ANSWERING,
    [REPLACING] = 1 << ANSWERING,
    [ANSWERING] = 0,
};

/* Allocated by exchange_begin, and freed by `proceed`, nowhere else. It belongs to the event loop's thread. Threads of
 * the pools only use the job that they were given, and what receives the results of a CALL: `rows`, `check` and
 * `credentials`. */
struct exchange {
    struct exchange_context *context;
    enum exchange_state state;
    struct reply reply;

    struct tarpit_entry refused;
    struct request request;
    struct check check;
    struct db_job job;
    struct password_job password;
    struct db_value replacing[3]; /* arguments of the call that replaces a hash */
    struct credentials credentials;
    struct rows rows;
};

static const struct problem *read_request(struct exchange *exchange);
static const struct problem *admit(const struct exchange *exchange);
static void release(struct tarpit_entry *entry);
static void proceed(struct exchange *exchange, const struct problem *problem);
static enum exchange_state next_state(const struct exchange *exchange);
static const struct problem *hash_password(struct exchange *exchange);
static const struct problem *make_call(struct exchange *exchange);
static const struct problem *check_password(struct exchange *exchange);
static bool replace_hash(struct exchange *exchange);
static void call_completed(struct db_job *job);
static void password_completed(struct password_job *job);
static void receive(void *receiver, struct db_result *result, unsigned index);
static void answer(struct exchange *exchange, const struct problem *problem);
static void exchange_free(struct exchange *exchange);

void exchange_begin(struct evhttp_request *request, void *argument) {
    struct exchange_context *context = argument;
    struct exchange *exchange = calloc(1, sizeof *exchange);

    turn_look_early(context->replies.turn);
    if (exchange == NULL) {
        evhttp_send_reply(request, 503, problem_title(503), NULL);
        return;
    }
    context->under_way++;
    exchange->context = context;
    exchange->request.http = request;
    connections_arrived(context->replies.connections, request);
    reply_begin(&exchange->reply, request, &context->replies);
    proceed(exchange, read_request(exchange));
}

static const struct problem *read_request(struct exchange *exchange) {
    struct request *request = &exchange->request;
    const struct problem *problem = guard_check(request->http);

    if (problem != NULL) {
        reply_ends_connection(&exchange->reply);
        return problem;
    }
    problem = request_read_target(request);
    /* A preflight is allowed whatever its path, so that the page can read the 404 that the request itself gets. */
    if (problem == NULL || cors_is_preflight(request->http))
        problem = request_find_route(request, &exchange->reply);
    if (problem != NULL || request->match.route == NULL)
        return problem;
    problem = admit(exchange);
    if (problem == NULL)
        problem = request_authorise(request, &exchange->context->key);
    if (problem == NULL)
        problem = request_read_body(request);
    if (problem == NULL)
        problem = request_read_fields(request);
    return problem;
}

/* Admission control: whether there is room for the request. Asked before token and body are read, because a late
 * refusal has already paid for them. */
static const struct problem *admit(const struct exchange *exchange) {
    const struct exchange_context *context = exchange->context;
    const struct route *route = exchange->request.match.route;
    bool may_answer = route->watched || connections_unread(context->replies.connections) <= MAX_UNREAD_BYTES;
    bool has_room = may_answer && !db_pool_is_full(context->database, route->lane, route->watched) &&
                    !(route_uses_password(route) && password_pool_is_full(context->passwords));

    return has_room ? NULL : &problem_overloaded;
}

static void change_state(struct exchange *exchange, enum exchange_state state) {
    assert(followers[exchange->state] & 1U << state);
    exchange->state = state;
}

static void release(struct tarpit_entry *entry) {
    proceed(container_of(entry, struct exchange, refused), &problem_overloaded);
}

/* Whether the answer is held back. A client that asks again at once would otherwise cost as much as one that is
 * served. */
static bool hold_back(struct exchange *exchange) {
    exchange->refused.release = release;
    if (exchange->state == REFUSED || exchange->context->closing ||
        !tarpit_hold(exchange->context->tarpit, &exchange->refused))
        return false;
    change_state(exchange, REFUSED);
    return true;
}

/* Goes on to the next state; or, with a `problem`, straight to the answer. Returns when the exchange waits for a pool,
 * which calls this again when the job is complete, or when the request is answered and the exchange freed. */
static void proceed(struct exchange *exchange, const struct problem *problem) {
    if (problem == NULL) {
        change_state(exchange, next_state(exchange));
        switch (exchange->state) {
        case HASHING:
            problem = hash_password(exchange);
            break;
        case CALLING:
            problem = make_call(exchange);
            break;
        case CHECKING:
            problem = check_password(exchange);
            break;
        case REPLACING: /* may fail without harm: the next log-in tries again */
            if (!replace_hash(exchange))
                change_state(exchange, ANSWERING);
            break;
        case READING:
        case REFUSED:
        case ANSWERING:
            break;
        }
        if (problem == NULL && exchange->state != ANSWERING)
            return;
    }
    if (problem == &problem_overloaded && hold_back(exchange))
        return;
    if (exchange->state != ANSWERING)
        change_state(exchange, ANSWERING);
    /* Not at once: while a request is read, evhttp's callback is still running. */
    if (!exchange->context->closing)
        connections_send_soon(exchange->context->replies.connections, exchange->request.http);
    answer(exchange, problem);
    exchange_free(exchange);
}

static enum exchange_state next_state(const struct exchange *exchange) {
    const struct route *route = exchange->request.match.route;
    bool only_checks = exchange->request.faults.count > 0; /* the CALL only looks for more faults */

    switch (exchange->state) {
    case READING:
        if (route == NULL) /* OPTIONS */
            return ANSWERING;
        return route_stores_password(route) && !only_checks ? HASHING : CALLING;
    case HASHING:
        return CALLING;
    case CALLING:
        return route->shape == SHAPE_TOKEN ? CHECKING : ANSWERING;
    case CHECKING:
        return exchange->password.replacement[0] != '\0' ? REPLACING : ANSWERING;
    case REFUSED:
    case REPLACING:
    case ANSWERING:
        break;
    }
    return ANSWERING;
}

static const struct problem *submit_password(struct exchange *exchange) {
    exchange->password.password = exchange->request.extra.password;
    exchange->password.length = exchange->request.extra.password_length;
    exchange->password.complete = password_completed;
    if (exchange->context->closing)
        return &problem_unavailable;
    return password_pool_submit(exchange->context->passwords, &exchange->password) ? NULL : &problem_overloaded;
}

static void client_left(void *job) {
    db_job_give_up(job);
}

static const struct problem *submit_call(struct exchange *exchange) {
    exchange->job.complete = call_completed;
    if (exchange->context->closing)
        return &problem_unavailable;
    if (!db_pool_submit(exchange->context->database, &exchange->job))
        return &problem_overloaded;
    connections_on_leaving(exchange->context->replies.connections, exchange->request.http, client_left, &exchange->job);
    turn_wake(exchange->context->replies.turn);
    return NULL;
}

static const struct problem *hash_password(struct exchange *exchange) {
    exchange->password.check = false;
    return submit_password(exchange);
}

/* The end of HASHING: the hash becomes an argument of the CALL. */
static const struct problem *take_hash(struct exchange *exchange) {
    const char *hash = exchange->password.hash;

    if (!exchange->password.good)
        return &problem_unavailable;
    *exchange->request.extra.password_hash = (struct db_value){.type = DB_TEXT, .text = {hash, strlen(hash)}};
    return NULL;
}

static const struct problem *make_call(struct exchange *exchange) {
    const struct route *route = exchange->request.match.route;
    struct db_value *fields = request_fields(&exchange->request);

    if (exchange->request.faults.count > 0 && route->check_procedure == NULL)
        return request_refuse(&exchange->request);
    if (exchange->request.faults.count > 0) {
        exchange->job.call = check_call(&exchange->check, route, fields);
    } else {
        exchange->job.lane = route->lane;
        exchange->job.call = request_call(&exchange->request);
        exchange->job.call.receive = receive;
        exchange->job.call.receiver = exchange;
    }
    const struct problem *problem = submit_call(exchange);
    /* It is better to answer with the faults that are known than to say that the database cannot look for more. */
    return problem != NULL && exchange->request.faults.count > 0 ? request_refuse(&exchange->request) : problem;
}

/* Receives a result of the CALL, on a thread of the pool. */
static void receive(void *receiver, struct db_result *result, unsigned index) {
    struct exchange *exchange = receiver;
    const struct route *route = exchange->request.match.route;

    if (check_receive(&exchange->check, result, index))
        return;
    if (route->shape == SHAPE_TOKEN)
        credentials_receive(&exchange->credentials, result);
    else
        rows_add(&exchange->rows, route, result, index);
    if (exchange->request.wants_gzip)
        rows_compress(&exchange->rows, exchange->context->replies.gzip);
}

/* The exchange whose job received the rows: this one or, in the shared lane, one with an equal CALL. */
static struct exchange *answered_by(struct exchange *exchange) {
    return container_of(exchange->job.answered_by, struct exchange, job);
}

/* The end of CALLING: returns NULL if there are rows to go on with. */
static const struct problem *take_outcome(struct exchange *exchange) {
    const struct db_outcome *outcome = &exchange->job.outcome;
    const struct route *route = exchange->request.match.route;
    struct exchange *source = answered_by(exchange);
    char field[PROBLEM_CODE_SIZE];

    check_merge(&exchange->request.faults, &source->check, outcome, route, &exchange->request.input);
    if (exchange->request.faults.count > 0)
        return request_refuse(&exchange->request);
    if (outcome->status != DB_OK) {
        exchange->request.refusal = refusal_from_outcome(outcome, field);
        return &exchange->request.refusal;
    }
    if (route->shape != SHAPE_TOKEN && (!source->rows.complete || source->rows.body.failed)) {
        log_error("%s did not return what %s answers", exchange->job.call.procedure, route->paths[0]);
        return &problem_internal;
    }
    return NULL;
}

static const struct problem *check_password(struct exchange *exchange) {
    exchange->password.check = true;
    memcpy(exchange->password.hash, exchange->credentials.hash, sizeof exchange->password.hash);
    return submit_password(exchange);
}

/* The end of CHECKING: returns NULL if the password is right. */
static const struct problem *take_verdict(struct exchange *exchange) {
    if (exchange->password.unusable)
        log_error("user %" PRId64 " cannot log in: the password hash is neither Argon2id's nor one of the first "
                  "implementation. Store one that eventhub-shim --hash-password makes",
                  exchange->credentials.user.user_id);
    return exchange->password.good ? NULL : &refusal_invalid_credentials;
}

/* Logs why the hash was not replaced. The log-in goes on, because the password was right, and the next log-in tries
 * again. */
static void log_not_replaced(const struct exchange *exchange, const char *why) {
    log_error("the password hash of user %" PRId64 " was not replaced: %s", exchange->credentials.user.user_id, why);
}

/* Submits the CALL that replaces the hash; false, with the reason logged, if the pool does not take it. */
static bool replace_hash(struct exchange *exchange) {
    exchange->job = (struct db_job){
        .call = credentials_replace(&exchange->credentials, exchange->password.replacement, exchange->replacing),
    };
    if (submit_call(exchange) == NULL)
        return true;
    log_not_replaced(exchange, "there is too much to do");
    return false;
}

static void call_completed(struct db_job *job) {
    struct exchange *exchange = container_of(job, struct exchange, job);
    const struct problem *problem = NULL;

    if (exchange->state == CALLING)
        problem = take_outcome(exchange);
    else if (job->outcome.status != DB_OK)
        log_not_replaced(exchange, job->outcome.message);
    proceed(exchange, problem);
}

static void password_completed(struct password_job *job) {
    struct exchange *exchange = container_of(job, struct exchange, password);

    proceed(exchange, exchange->state == HASHING ? take_hash(exchange) : take_verdict(exchange));
}

static void answer(struct exchange *exchange, const struct problem *problem) {
    const struct request *request = &exchange->request;
    struct reply *reply = &exchange->reply;

    if (exchange->context->closing) {
        /* The event loop has ended, so nothing can be sent. */
        int status = problem != NULL ? problem->status : request->match.route->status;
        log_error("answer not delivered status=%d id=%s", status, reply->request_id);
        return;
    }
    if (problem == NULL && request->match.route == NULL)
        answer_options(reply, request);
    else if (problem == NULL && request->match.route->shape == SHAPE_TOKEN)
        problem = answer_token(reply, request, &exchange->context->key, &exchange->credentials.user);
    else if (problem == NULL)
        problem = answer_rows(reply, request, &answered_by(exchange)->rows, exchange->job.is_shared);
    if (problem != NULL)
        answer_problem(reply, problem, &request->faults);
}

static void exchange_free(struct exchange *exchange) {
    exchange->context->under_way--;
    request_free(&exchange->request);
    check_free(&exchange->check);
    rows_free(&exchange->rows);
    credentials_forget(&exchange->credentials);
    sodium_memzero(exchange->password.hash, sizeof exchange->password.hash);
    sodium_memzero(exchange->password.replacement, sizeof exchange->password.replacement);
    free(exchange);
}
