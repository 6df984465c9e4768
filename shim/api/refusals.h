/* Why the API refuses a request: its own reasons, and what a procedure's refusal means in HTTP. */
#ifndef EVENTHUB_REFUSALS_H
#define EVENTHUB_REFUSALS_H

#include "db/client/call.h"
#include "shim/api/faults.h"
#include "shim/http/problem.h"

extern const struct problem refusal_not_authenticated;
extern const struct problem refusal_invalid_token;
extern const struct problem refusal_invalid_credentials;
extern const struct problem refusal_organizer_required;
extern const struct problem refusal_participant_required;

/* The 422 for `faults`, of which there is at least one. Its detail is the text of the first of them. */
struct problem refusal_from_faults(const struct faults *faults);

/* The problem for an outcome other than DB_OK. SQLSTATE 45nnn becomes status nnn. MESSAGE_TEXT is "code: detail" or
 * "code(field): detail"; `field` becomes the field's name, or "". Any other message is the database's own, about a
 * constraint or a type, and is not shown to clients. The detail may be a part of the outcome's message. */
struct problem refusal_from_outcome(const struct db_outcome *outcome, char field[PROBLEM_CODE_SIZE]);

#endif
