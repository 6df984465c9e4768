/* Answers as clients get them: rows, a token, what a path allows, or a problem. */
#ifndef EVENTHUB_ANSWER_H
#define EVENTHUB_ANSWER_H

#include <stdbool.h>

#include "shim/api/faults.h"
#include "shim/api/request.h"
#include "shim/api/rows.h"
#include "shim/api/token.h"
#include "shim/http/problem.h"
#include "shim/http/reply.h"

/* Sends the rows, with a Link header if another page may follow. `is_shared`: they answer several requests, which all
 * get the same buffer. Returns NULL, or the problem that is to be sent instead. */
const struct problem *answer_rows(struct reply *reply, const struct request *request, struct rows *rows,
                                  bool is_shared);

/* Makes and sends a token for the user. Returns NULL, or the problem that is to be sent instead. */
const struct problem *answer_token(struct reply *reply, const struct request *request, const struct token_key *key,
                                   const struct token_claims *user);

/* Answers OPTIONS: a CORS preflight, or another one with the header Allow. */
void answer_options(struct reply *reply, const struct request *request);

/* Sends a problem document, with the faults if there are any. */
void answer_problem(struct reply *reply, const struct problem *problem, const struct faults *faults);

#endif
