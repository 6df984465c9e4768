/* Errors as clients see them: RFC 9457 problem details; and those problems that come from HTTP itself, not from a
 * route. */
#include "shim/http/problem.h"

#include <stddef.h>

#include "db/common/json_out.h"

const struct problem problem_bad_request = {400, "bad_request", "The request is not valid HTTP"};
const struct problem problem_not_found = {404, "not_found", "Not Found"};
const struct problem problem_method_not_allowed = {405, "method_not_allowed", "Method Not Allowed"};
const struct problem problem_length_required = {411, "length_required",
                                                "A body needs a Content-Length, transfer codings are not accepted"};
const struct problem problem_too_large = {413, "content_too_large", "The request's body is too large"};
const struct problem problem_unsupported_media_type = {415, "unsupported_media_type",
                                                       "The body must be application/json in UTF-8"};
const struct problem problem_expectation_failed = {417, "expectation_failed",
                                                   "The Expect header asks for what is not known"};
const struct problem problem_internal = {500, "internal_error", "Something went wrong on our side"};
const struct problem problem_not_implemented = {501, "not_implemented", "The method is not known"};
const struct problem problem_overloaded = {503, "overloaded", "The service is busy, please try again in a moment"};
const struct problem problem_unavailable = {503, "unavailable",
                                            "The service is not available, please try again in a moment"};

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

void problem_write(struct buffer *out, const struct problem *problem, const struct buffer *members,
                   const char *request_id) {
    buffer_printf(out, "{\"status\":%d", problem->status);
    json_out_member(out, "title", problem_title(problem->status));
    json_out_member(out, "detail", problem->detail);
    json_out_member(out, "code", problem->code);
    json_out_member(out, "request_id", request_id);
    if (members != NULL && members->length > 0)
        buffer_append(out, members->data, members->length);
    buffer_text(out, "}");
    out->failed = out->failed || (members != NULL && members->failed);
}
