/* Errors as clients see them: RFC 9457 problem details; and those problems that come from HTTP itself, not from a
 * route. */
#ifndef EVENTHUB_PROBLEM_H
#define EVENTHUB_PROBLEM_H

#include "db/common/buffer.h"

enum { PROBLEM_CODE_SIZE = 48 };

struct problem {
    int status;
    char code[PROBLEM_CODE_SIZE]; /* a stable snake_case word */
    const char *detail;           /* one sentence, never a list: front ends print it as it is */
};

extern const struct problem problem_bad_request;
extern const struct problem problem_not_found;
extern const struct problem problem_method_not_allowed;
extern const struct problem problem_length_required;
extern const struct problem problem_too_large;
extern const struct problem problem_unsupported_media_type;
extern const struct problem problem_expectation_failed;
extern const struct problem problem_internal;
extern const struct problem problem_not_implemented;
extern const struct problem problem_overloaded;
extern const struct problem problem_unavailable;

/* Appends the JSON document. `members` is NULL, or further members (RFC 9457, section 3.2) as JSON, each with a comma
 * before it. */
void problem_write(struct buffer *out, const struct problem *problem, const struct buffer *members,
                   const char *request_id);

/* The reason phrase of a status (RFC 9110, section 15). */
const char *problem_title(int status);

#endif
