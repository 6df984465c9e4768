/* One request and its answer: routing, token, fields, CALL, answer, in this order. */
#include "shim/api/exchange.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "db/common/json_out.h"
#include "db/common/log.h"
#include "shim/api/check.h"
#include "shim/api/fields.h"
#include "shim/api/links.h"
#include "shim/api/page.h"
#include "shim/api/rows.h"
#include "shim/http/body.h"
#include "shim/http/cors.h"
#include "shim/http/guard.h"
#include "shim/http/pairs.h"
#include "shim/http/problem.h"
#include "shim/http/reply.h"

/* Of all answers together, since what one client does not read has to be held: over this no more are made. */
enum { MAX_UNREAD_BYTES = 256 * 1024 * 1024 };

struct exchange {
    struct exchange_context *context;
    struct reply reply;
    const struct route *route;
    char *path; /* decoded */
    struct pairs query;

    /* What the arguments point into. */
    struct fields_input input;
    char *path_value;
    struct body body;
    struct faults faults;
    struct check check;

    struct token_claims actor;
    struct db_value values[1 + ROUTE_FIELDS];
    struct db_job call;
    struct password_job password;
    struct rows rows;
    struct evbuffer *shared; /* rows.body, once it is the answer to other exchanges as well */
};

static void exchange_free(struct exchange *exchange) {
    exchange->context->under_way--;
    pairs_free(&exchange->query);
    body_free(&exchange->body);
    faults_free(&exchange->faults);
    check_free(&exchange->check);
    buffer_free(&exchange->rows.body);
    if (exchange->shared != NULL)
        evbuffer_free(exchange->shared);
    sodium_memzero(exchange->password.hash, sizeof exchange->password.hash);
    sodium_memzero(exchange->password.replacement, sizeof exchange->password.replacement);
    free(exchange->path_value);
    free(exchange->path);
    free(exchange);
}

/* Whether an answer of so many bytes can be sent. If not, the exchange is over. */
static bool begin_answer(struct exchange *exchange, int status, size_t length) {
    if (exchange->context->closing) {
        /* The event loop has ended, and with it whatever could send. */
        log_error("answer not delivered status=%d id=%s", status, exchange->reply.request_id);
        exchange_free(exchange);
        return false;
    }
    if (exchange->context->stopping)
        reply_header(&exchange->reply, "Connection", "close");
    connections_answering(exchange->context->connections, exchange->reply.request, length);
    return true;
}

static void answer(struct exchange *exchange, int status, const char *content_type, struct buffer *body) {
    if (!begin_answer(exchange, status, body != NULL ? body->length : 0))
        return;
    reply_send(&exchange->reply, status, content_type, body);
    exchange_free(exchange);
}

static void answer_problem(struct exchange *exchange, const struct problem *problem) {
    struct buffer body = {0};

    if (problem->status == 401)
        reply_header(&exchange->reply, "WWW-Authenticate", "Bearer");
    if (problem->status == 503)
        reply_header(&exchange->reply, "Retry-After", "1");
    problem_write(&body, problem, &exchange->faults, exchange->reply.request_id);
    answer(exchange, problem->status, "application/problem+json", &body);
    buffer_free(&body);
}

static void answer_faults(struct exchange *exchange) {
    struct problem problem = problem_from_faults(&exchange->faults);
    answer_problem(exchange, &problem);
}

static void add_next_link(struct exchange *exchange, const char *cursor) {
    struct buffer link = {0};

    link_next(&link, exchange->route->paths[exchange->input.path], &exchange->query, cursor);
    if (!link.failed)
        reply_header(&exchange->reply, "Link", link.data);
    buffer_free(&link);
}

/* The values of the route's fields: all but the actor. */
static struct db_value *field_values(struct exchange *exchange) {
    return exchange->values + (exchange->route->role == ROLE_ANYONE ? 0 : 1);
}

static bool is_full_page(struct exchange *exchange, const struct rows *rows) {
    const struct db_value *limit = fields_value(exchange->route, field_values(exchange), "limit");
    return limit != NULL && rows->cursor[0] != '\0' && (int64_t)rows->count == limit->integer;
}

/* Answers with the rows that `source` has got, be it this exchange or another one that asked for the same. */
static void answer_rows(struct exchange *exchange, struct exchange *source) {
    const char *type = exchange->route->shape == SHAPE_PAGE ? page_add_headers(&exchange->reply) : "application/json";
    struct rows *rows = &source->rows;

    if (is_full_page(exchange, rows))
        add_next_link(exchange, rows->cursor);
    if (source == exchange && exchange->shared == NULL) {
        answer(exchange, exchange->route->status, type, &rows->body);
        return;
    }
    if (source->shared == NULL)
        source->shared = reply_share(&rows->body);
    if (source->shared == NULL) {
        answer_problem(exchange, &problem_unavailable);
    } else if (begin_answer(exchange, exchange->route->status, evbuffer_get_length(source->shared))) {
        reply_send_shared(&exchange->reply, exchange->route->status, type, source->shared);
        exchange_free(exchange);
    }
}

static void answer_token(struct exchange *exchange) {
    const struct token_key *key = &exchange->context->key;
    struct buffer body = {0};
    char *token = token_sign(key, &exchange->actor, time(NULL));

    if (token == NULL) {
        answer_problem(exchange, &problem_internal);
        return;
    }
    buffer_text(&body, "{");
    json_out_member(&body, "access_token", token);
    json_out_member(&body, "token_type", "bearer");
    json_out_member(&body, "role", role_name(exchange->actor.role));
    buffer_printf(&body, ",\"expires_in\":%ld}", key->lifetime_seconds);
    free(token);
    reply_header(&exchange->reply, "Cache-Control", "no-store");
    answer(exchange, exchange->route->status, "application/json", &body);
    buffer_free(&body);
}

static struct exchange *exchange_of(struct db_job *job) {
    return (struct exchange *)((char *)job - offsetof(struct exchange, call));
}

/* Whether the pool has taken the call. */
static bool submit_call(struct exchange *exchange) {
    if (exchange->context->closing || !db_pool_submit(exchange->context->database, &exchange->call))
        return false;
    event_active(exchange->context->start_calls, 0, 0);
    return true;
}

/* The password was right whether or not its hash could be replaced: if not, the next log-in does it. */
static void hash_replaced(struct db_job *job) {
    struct exchange *exchange = exchange_of(job);

    if (job->outcome.status != DB_OK)
        log_error("the password hash of user %" PRId64 " was not replaced: %s", exchange->actor.user_id,
                  job->outcome.message);
    answer_token(exchange);
}

/* Puts a hash of ours in the place of one that the first implementation made, and then answers. */
static void replace_hash(struct exchange *exchange) {
    struct password_job *password = &exchange->password;

    exchange->values[0] = (struct db_value){.type = DB_INTEGER, .integer = exchange->actor.user_id};
    exchange->values[1] = (struct db_value){.type = DB_TEXT, .text = {password->hash, strlen(password->hash)}};
    exchange->values[2] =
        (struct db_value){.type = DB_TEXT, .text = {password->replacement, strlen(password->replacement)}};
    exchange->call = (struct db_job){
        .call = {.procedure = "replace_password_hash", .arguments = exchange->values, .argument_count = 3},
        .lane = DB_LANE_DIRECT,
        .complete = hash_replaced,
    };
    if (submit_call(exchange))
        return;
    log_error("the password hash of user %" PRId64 " was not replaced: there is too much to do",
              exchange->actor.user_id);
    answer_token(exchange);
}

static void password_checked(struct password_job *job) {
    struct exchange *exchange = (struct exchange *)((char *)job - offsetof(struct exchange, password));

    if (job->unusable)
        log_error("user %" PRId64 " cannot log in: the password hash is neither Argon2id's nor one of the first "
                  "implementation. Store one that eventhub-shim --hash-password makes",
                  exchange->actor.user_id);
    if (!job->good)
        answer_problem(exchange, &problem_invalid_credentials);
    else if (job->replacement[0] != '\0')
        replace_hash(exchange);
    else
        answer_token(exchange);
}

static void check_password(struct exchange *exchange) {
    exchange->password.check = true;
    exchange->password.complete = password_checked;
    if (exchange->context->closing)
        answer_problem(exchange, &problem_unavailable);
    else if (!password_pool_submit(exchange->context->passwords, &exchange->password))
        answer_problem(exchange, &problem_overloaded);
}

static void call_completed(struct db_job *job) {
    struct exchange *exchange = exchange_of(job), *source = exchange_of(job->answered_by);

    if (!exchange->context->closing)
        connections_send_soon(exchange->context->connections, exchange->reply.request);
    check_merge(&exchange->faults, &source->check, &job->outcome, exchange->route, &exchange->input);
    if (exchange->faults.count > 0) {
        answer_faults(exchange);
    } else if (job->outcome.status != DB_OK) {
        char field[PROBLEM_WORD_SIZE];
        struct problem problem = problem_from_outcome(&job->outcome, field);
        answer_problem(exchange, &problem);
    } else if (exchange->route->shape == SHAPE_TOKEN) {
        check_password(exchange);
    } else if (!source->rows.complete || source->rows.body.failed) {
        log_error("%s did not return what %s answers", job->call.procedure, exchange->route->paths[0]);
        answer_problem(exchange, &problem_internal);
    } else {
        answer_rows(exchange, source);
    }
}

/* find_credentials' row, or none. */
static void receive_credentials(struct exchange *exchange, struct db_result *result) {
    exchange->password.hash[0] = '\0';
    if (!db_result_next(result))
        return;
    struct db_column hash = db_result_find(result, "password_hash");
    struct db_column user_id = db_result_find(result, "user_id");
    struct db_column role = db_result_find(result, "role");
    if (user_id.text == NULL || !role_from_name(role.text, &exchange->actor.role) || hash.text == NULL)
        return;
    exchange->actor.user_id = strtoll(user_id.text, NULL, 10);
    /* One that is empty or too long is no hash, and not the same as no user. */
    bool fits = hash.length > 0 && hash.length < sizeof exchange->password.hash;
    memcpy(exchange->password.hash, fits ? hash.text : "!", fits ? hash.length + 1 : sizeof "!");
}

/* On a thread of the pool: the exchange is its alone until the job is complete. */
static void receive(void *receiver, struct db_result *result, unsigned index) {
    struct exchange *exchange = receiver;

    if (check_receive(&exchange->check, result, index))
        return;
    if (exchange->route->shape == SHAPE_TOKEN)
        receive_credentials(exchange, result);
    else
        rows_add(&exchange->rows, exchange->route, result, index);
}

static void call_procedure(struct exchange *exchange) {
    if (!submit_call(exchange))
        answer_problem(exchange, exchange->context->closing ? &problem_unavailable : &problem_overloaded);
}

static void password_hashed(struct password_job *job) {
    struct exchange *exchange = (struct exchange *)((char *)job - offsetof(struct exchange, password));

    if (!job->good) {
        answer_problem(exchange, &problem_unavailable);
        return;
    }
    *fields_value(exchange->route, field_values(exchange), "password") =
        (struct db_value){.type = DB_TEXT, .text = {job->hash, strlen(job->hash)}};
    call_procedure(exchange);
}

/* A password that is to be stored is hashed before the CALL; one that is tried is checked after it. */
static bool stores_password(const struct route *route) {
    for (size_t i = 0; i < ROUTE_FIELDS && route->fields[i].name != NULL; i++) {
        if (route->fields[i].type == FIELD_PASSWORD)
            return true;
    }
    return false;
}

static bool uses_password(const struct route *route) {
    return route->shape == SHAPE_TOKEN || stores_password(route);
}

/* Reads fields and makes the CALL. */
static void begin_call(struct exchange *exchange, const struct route_match *match) {
    const struct route *route = exchange->route;
    struct fields_password password = {0};

    if (match->parameter != NULL) {
        exchange->path_value = strndup(match->parameter, match->parameter_length);
        if (exchange->path_value == NULL) {
            answer_problem(exchange, &problem_internal);
            return;
        }
    }
    const struct problem *refusal = body_read(&exchange->body, route, exchange->reply.request, &exchange->faults);
    if (refusal != NULL) {
        answer_problem(exchange, refusal);
        return;
    }
    /* Of a body that cannot be read, nobody wants to hear that its fields are missing. */
    if (exchange->faults.count > 0) {
        answer_faults(exchange);
        return;
    }
    struct db_value *values = field_values(exchange);
    if (values > exchange->values)
        exchange->values[0] = (struct db_value){.type = DB_INTEGER, .integer = exchange->actor.user_id};
    exchange->input = (struct fields_input){
        .path = match->path,
        .path_value = exchange->path_value,
        .path_length = match->parameter_length,
        .query = &exchange->query,
        .json = exchange->body.json,
        .form = exchange->body.form.text != NULL ? &exchange->body.form : NULL,
    };
    exchange->call.complete = call_completed;
    values += fields_read(route, &exchange->input, values, &password, &exchange->faults);
    if (exchange->faults.count > 0) {
        /* The database may find more, and hears nothing of what could not be read. */
        exchange->call.call = check_call(&exchange->check, route, field_values(exchange));
        if (route->check_procedure == NULL || !submit_call(exchange))
            answer_faults(exchange);
        return;
    }

    exchange->password.password = password.text;
    exchange->password.length = password.length;
    exchange->call.call = (struct db_call){
        .procedure = route->procedure,
        .arguments = exchange->values,
        .argument_count = (size_t)(values - exchange->values),
        .list_procedure = route->list_procedure,
        .subject = (size_t)(field_values(exchange) - exchange->values),
        .repeatable = route->read_only,
        .watched = route->watched,
        .receive = receive,
        .receiver = exchange,
    };
    exchange->call.lane = route->lane;
    exchange->password.complete = password_hashed;
    if (!stores_password(route))
        call_procedure(exchange);
    else if (!password_pool_submit(exchange->context->passwords, &exchange->password))
        answer_problem(exchange, &problem_overloaded);
}

/* Whether there is room for the request. Asked first: a late refusal has already cost the token and the body. */
static bool is_admitted(const struct exchange *exchange) {
    const struct exchange_context *context = exchange->context;

    return connections_unread(context->connections) <= MAX_UNREAD_BYTES && !db_pool_is_full(context->database) &&
           !(uses_password(exchange->route) && password_pool_is_full(context->passwords));
}

/* NULL if the request may go on. */
static const struct problem *authorise(struct exchange *exchange) {
    static const char scheme[] = "Bearer ";
    struct evkeyvalq *headers = evhttp_request_get_input_headers(exchange->reply.request);
    enum role wanted = exchange->route->role;

    if (wanted == ROLE_ANYONE)
        return NULL;
    const char *header = evhttp_find_header(headers, "Authorization");
    if (header == NULL || strncasecmp(header, scheme, strlen(scheme)) != 0)
        return &problem_not_authenticated;
    const char *token = header + strlen(scheme);
    token += strspn(token, " ");
    if (!token_verify(&exchange->context->key, token, time(NULL), &exchange->actor))
        return &problem_invalid_token;
    if (exchange->actor.role == wanted)
        return NULL;
    return wanted == ROLE_ORGANIZER ? &problem_organizer_required : &problem_participant_required;
}

static void route_request(struct exchange *exchange) {
    enum evhttp_cmd_type method = evhttp_request_get_command(exchange->reply.request);
    struct route_match match = route_find(method, exchange->path != NULL ? exchange->path : "");
    char methods[64];

    if (match.methods == 0 && !cors_is_preflight(&exchange->reply)) {
        answer_problem(exchange, &problem_not_found);
        return;
    }
    if (method == EVHTTP_REQ_OPTIONS) {
        route_list_methods(match.methods | EVHTTP_REQ_OPTIONS, methods, sizeof methods);
        if (!cors_preflight(&exchange->reply, methods))
            reply_header(&exchange->reply, "Allow", methods);
        answer(exchange, 204, NULL, NULL);
        return;
    }
    if (match.route == NULL) {
        route_list_methods(match.methods | EVHTTP_REQ_OPTIONS, methods, sizeof methods);
        reply_header(&exchange->reply, "Allow", methods);
        answer_problem(exchange, &problem_method_not_allowed);
        return;
    }
    exchange->route = match.route;
    const struct problem *problem = is_admitted(exchange) ? authorise(exchange) : &problem_overloaded;
    if (problem != NULL)
        answer_problem(exchange, problem);
    else
        begin_call(exchange, &match);
}

/* Splits the target into path and query and decodes both. NULL, or what the answer is to be. */
static const struct problem *read_target(struct exchange *exchange) {
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(exchange->reply.request);
    const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
    const char *query = uri != NULL ? evhttp_uri_get_query(uri) : NULL;
    size_t length;

    /* Decoded it would count as a separator, which it is not (RFC 3986, section 2.2). */
    if (path != NULL && strcasestr(path, "%2f") != NULL)
        return &problem_not_found;
    exchange->path = evhttp_uridecode(path != NULL ? path : "", 0, &length);
    if (exchange->path == NULL)
        return &problem_internal;
    /* An encoded NUL would cut the path short and make it another one. */
    if (strlen(exchange->path) != length)
        return &problem_not_found;
    if (query != NULL) {
        const char *fault = pairs_parse_urlencoded(&exchange->query, query, strlen(query));
        if (fault != NULL)
            faults_add(&exchange->faults, IN_QUERY, "query", fault);
    }
    return NULL;
}

void exchange_begin(struct evhttp_request *request, void *argument) {
    struct exchange_context *context = argument;
    struct exchange *exchange = calloc(1, sizeof *exchange);

    /* Among many requests that have arrived at once the database is not to wait until the last of them is read. */
    if (db_pool_finish_early(context->database))
        event_active(context->start_calls, 0, 0);
    if (exchange == NULL) {
        evhttp_send_reply(request, 503, problem_title(503), NULL);
        return;
    }
    exchange->context = context;
    context->under_way++;
    connections_arrived(context->connections, request);
    reply_begin(&exchange->reply, request, &context->replies);

    struct problem refusal = guard_check(request);
    if (refusal.status != 0) {
        reply_header(&exchange->reply, "Connection", "close");
        connections_ending(context->connections, request);
        answer_problem(exchange, &refusal);
        return;
    }
    const struct problem *problem = read_target(exchange);
    if (problem != NULL && !cors_is_preflight(&exchange->reply))
        answer_problem(exchange, problem);
    else
        route_request(exchange);
}
