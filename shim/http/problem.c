/* Errors as clients see them: RFC 9457 problem details. */
#include "shim/http/problem.h"

#include <stdio.h>
#include <string.h>

#include "db/common/json_out.h"

const struct problem problem_bad_request = {400, "bad_request", "The request is not valid HTTP"};
const struct problem problem_not_found = {404, "not_found", "Not Found"};
const struct problem problem_method_not_allowed = {405, "method_not_allowed", "Method Not Allowed"};
const struct problem problem_not_authenticated = {401, "not_authenticated", "Not authenticated"};
const struct problem problem_invalid_token = {401, "invalid_token", "Invalid authentication credentials"};
const struct problem problem_invalid_credentials = {401, "invalid_credentials", "Invalid credentials"};
const struct problem problem_organizer_required = {403, "organizer_required", "Organizer privileges required"};
const struct problem problem_participant_required = {403, "participant_required", "Participant privileges required"};
const struct problem problem_length_required = {411, "length_required",
                                                "A body needs a Content-Length, transfer codings are not accepted"};
const struct problem problem_expectation_failed = {417, "expectation_failed",
                                                   "The Expect header asks for what is not known"};
const struct problem problem_not_implemented = {501, "not_implemented", "The method is not known"};
const struct problem problem_too_large = {413, "content_too_large", "The request's body is too large"};
const struct problem problem_unsupported_media_type = {415, "unsupported_media_type",
                                                       "The body must be application/json in UTF-8"};
const struct problem problem_overloaded = {503, "overloaded", "The service is busy, please try again in a moment"};
const struct problem problem_unavailable = {503, "unavailable",
                                            "The service is not available, please try again in a moment"};
const struct problem problem_internal = {500, "internal_error", "Something went wrong on our side"};

static const struct {
    int status;
    const char *title;
} titles[] = {
    {200, "OK"},
    {201, "Created"},
    {204, "No Content"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
};

const char *problem_title(int status) {
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        if (titles[i].status == status)
            return titles[i].title;
    }
    return status < 500 ? "Client Error" : "Server Error";
}

struct problem problem_from_faults(const struct faults *faults) {
    struct problem problem = {.status = 422, .code = "invalid_input"};
    snprintf(problem.detail, sizeof problem.detail, "%s", faults_first(faults));
    return problem;
}

struct problem problem_from_outcome(const struct db_outcome *outcome, char field[PROBLEM_WORD_SIZE]) {
    struct problem problem = {.status = outcome->http_status};
    const char *message = outcome->message;
    int end = 0;

    field[0] = '\0';
    if (outcome->status == DB_UNAVAILABLE)
        return problem_unavailable;
    if (outcome->status != DB_REFUSED)
        return problem_internal;
    if (sscanf(message, "%47[a-z_](%47[a-z_]): %n", problem.code, field, &end) == 2 && end > 0) {
        snprintf(problem.detail, sizeof problem.detail, "%s", message + end);
        return problem;
    }
    field[0] = '\0';
    if (sscanf(message, "%47[a-z_]: %n", problem.code, &end) == 1 && end > 0) {
        snprintf(problem.detail, sizeof problem.detail, "%s", message + end);
        return problem;
    }
    bool invalid = problem.status == 422;
    snprintf(problem.code, sizeof problem.code, "%s", invalid ? "invalid_input" : "conflict");
    snprintf(problem.detail, sizeof problem.detail, "%s",
             invalid ? "A value is out of its range" : "The request conflicts with what is stored");
    return problem;
}

void problem_write(struct buffer *out, const struct problem *problem, const struct faults *faults,
                   const char *request_id) {
    buffer_printf(out, "{\"status\":%d", problem->status);
    json_out_member(out, "title", problem_title(problem->status));
    json_out_member(out, "detail", problem->detail);
    json_out_member(out, "code", problem->code);
    json_out_member(out, "request_id", request_id);
    if (faults != NULL && faults->count > 0) {
        buffer_text(out, ",\"errors\":[");
        faults_write(out, faults);
        buffer_text(out, "]");
    }
    buffer_text(out, "}");
}
