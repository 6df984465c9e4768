/* A request as it is read: target, route, token, body, fields, in this order. */
#include "shim/api/request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "shim/api/refusals.h"
#include "shim/http/cors.h"
#include "shim/http/gzip.h"
#include "shim/http/method.h"

const struct problem *request_read_target(struct request *request) {
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request->http);
    const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
    const char *query = uri != NULL ? evhttp_uri_get_query(uri) : NULL;
    size_t length;

    /* If %2F were decoded it would count as a separator, which it is not (RFC 3986, section 2.2). */
    if (path != NULL && strcasestr(path, "%2f") != NULL)
        return &problem_not_found;
    request->path = evhttp_uridecode(path != NULL ? path : "", 0, &length);
    if (request->path == NULL)
        return &problem_internal;
    /* An encoded NUL would cut the path short, which makes it another path. */
    if (strlen(request->path) != length)
        return &problem_not_found;
    if (query != NULL) {
        const char *fault = pairs_parse_urlencoded(&request->query, query, strlen(query));
        if (fault != NULL)
            faults_add(&request->faults, IN_QUERY, "query", fault);
    }
    return NULL;
}

const struct problem *request_find_route(struct request *request, struct reply *reply) {
    bool is_options = evhttp_request_get_command(request->http) == EVHTTP_REQ_OPTIONS;
    char methods[64];

    request->match = route_find(evhttp_request_get_command(request->http), request->path != NULL ? request->path : "");
    /* A preflight is allowed whatever its path, so that the page can read the 404 that the request itself gets. */
    if (request->match.methods == 0 && !cors_is_preflight(request->http))
        return &problem_not_found;
    if (request->match.route != NULL)
        request->wants_gzip =
            reply->context->gzip != NULL && route_compresses(request->match.route) && gzip_is_preferred(request->http);
    if (request->match.route != NULL || is_options)
        return NULL;
    method_list(request->match.methods | EVHTTP_REQ_OPTIONS, methods, sizeof methods);
    reply_header(reply, "Allow", methods);
    return &problem_method_not_allowed;
}

const struct problem *request_authorise(struct request *request, const struct token_key *key) {
    static const char scheme[] = "Bearer ";
    struct evkeyvalq *headers = evhttp_request_get_input_headers(request->http);
    enum role wanted = request->match.route->role;

    if (wanted == ROLE_ANYONE)
        return NULL;
    const char *header = evhttp_find_header(headers, "Authorization");
    if (header == NULL || strncasecmp(header, scheme, strlen(scheme)) != 0)
        return &refusal_not_authenticated;
    const char *token = header + strlen(scheme);
    token += strspn(token, " ");
    if (!token_verify(key, token, time(NULL), &request->actor))
        return &refusal_invalid_token;
    if (request->actor.role == wanted)
        return NULL;
    return wanted == ROLE_ORGANIZER ? &refusal_organizer_required : &refusal_participant_required;
}

const struct problem *request_refuse(struct request *request) {
    request->refusal = refusal_from_faults(&request->faults);
    return &request->refusal;
}

const struct problem *request_read_body(struct request *request) {
    const struct route *route = request->match.route;
    const struct problem *problem = NULL;

    if (route_takes_body(route))
        problem = body_read(&request->body, request->http, route->takes_form);
    if (problem != NULL)
        return problem;
    if (request->body.fault != NULL)
        faults_add(&request->faults, IN_BODY, "body", request->body.fault);
    /* If body or query cannot be parsed, the fields in them are not missing: only this fault is told. */
    return request->faults.count > 0 ? request_refuse(request) : NULL;
}

struct db_value *request_fields(struct request *request) {
    return request->arguments + (request->match.route->role == ROLE_ANYONE ? 0 : 1);
}

const struct problem *request_read_fields(struct request *request) {
    const struct route_match *match = &request->match;
    struct db_value *fields = request_fields(request);

    if (match->parameter != NULL) {
        request->path_value = strndup(match->parameter, match->parameter_length);
        if (request->path_value == NULL)
            return &problem_internal;
    }
    request->input = (struct fields_input){
        .path = match->path,
        .path_value = request->path_value,
        .path_length = match->parameter_length,
        .query = &request->query,
        .json = request->body.json,
        .form = request->body.form.text != NULL ? &request->body.form : NULL,
    };
    if (match->route->role != ROLE_ANYONE)
        request->arguments[0] = (struct db_value){.type = DB_INTEGER, .integer = request->actor.user_id};
    size_t count = fields_read(match->route, &request->input, fields, &request->extra, &request->faults);
    request->argument_count = (size_t)(fields + count - request->arguments);
    return NULL;
}

static enum db_call_kind kind_of(const struct request *request) {
    const struct route *route = request->match.route;

    if (route->locks != NULL)
        return DB_CALL_WAITING;
    return route->is_heavy || request->extra.is_heavy ? DB_CALL_HEAVY : DB_CALL_QUICK;
}

struct db_call request_call(struct request *request) {
    const struct route *route = request->match.route;

    return (struct db_call){
        .procedure = route->procedure,
        .arguments = request->arguments,
        .argument_count = request->argument_count,
        .kind = kind_of(request),
        .subject = fields_subject(route),
        .list_procedure = route->list_procedure,
        .repeatable = route->read_only,
        .watched = route->watched,
    };
}

void request_free(struct request *request) {
    pairs_free(&request->query);
    body_free(&request->body);
    faults_free(&request->faults);
    free(request->path_value);
    free(request->path);
}
