/* Errors as clients see them: RFC 9457 problem details. */
#ifndef EVENTHUB_PROBLEM_H
#define EVENTHUB_PROBLEM_H

#include "db/client/call.h"
#include "db/common/buffer.h"
#include "shim/api/faults.h"

enum {
    PROBLEM_WORD_SIZE = 48,
    PROBLEM_DETAIL_SIZE = 640, /* a MESSAGE_TEXT of 128 characters of four bytes fits, so that none is cut */
};

struct problem {
    int status;
    char code[PROBLEM_WORD_SIZE];     /* a stable snake_case word */
    char detail[PROBLEM_DETAIL_SIZE]; /* one sentence, never a list: front ends print it as it is */
};

/* The errors that the shim itself raises. */
extern const struct problem problem_bad_request;
extern const struct problem problem_not_found;
extern const struct problem problem_method_not_allowed;
extern const struct problem problem_not_authenticated;
extern const struct problem problem_invalid_token;
extern const struct problem problem_invalid_credentials;
extern const struct problem problem_organizer_required;
extern const struct problem problem_participant_required;
extern const struct problem problem_length_required;
extern const struct problem problem_expectation_failed;
extern const struct problem problem_not_implemented;
extern const struct problem problem_too_large;
extern const struct problem problem_unsupported_media_type;
extern const struct problem problem_overloaded;
extern const struct problem problem_unavailable;
extern const struct problem problem_internal;

/* The 422 that the faults amount to. */
struct problem problem_from_faults(const struct faults *faults);

/* Reads a procedure's refusal, "code: detail" or "code(field): detail"; `field` is set to the field's name, or to "".
 * A message that is not of that form is the database's own, of a constraint, and keeps its words to itself. */
struct problem problem_from_outcome(const struct db_outcome *outcome, char field[PROBLEM_WORD_SIZE]);

/* Appends the JSON document. `faults` may be NULL or empty. */
void problem_write(struct buffer *out, const struct problem *problem, const struct faults *faults,
                   const char *request_id);

/* The reason phrase of a status (RFC 9110, section 15). */
const char *problem_title(int status);

#endif
