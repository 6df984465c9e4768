/* Why the API refuses a request: its own reasons, and what a procedure's refusal means in HTTP. */
#include "shim/api/refusals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct problem refusal_not_authenticated = {401, "not_authenticated", "Not authenticated"};
const struct problem refusal_invalid_token = {401, "invalid_token", "Invalid authentication credentials"};
const struct problem refusal_invalid_credentials = {401, "invalid_credentials", "Invalid credentials"};
const struct problem refusal_organizer_required = {403, "organizer_required", "Organizer privileges required"};
const struct problem refusal_participant_required = {403, "participant_required", "Participant privileges required"};

struct problem refusal_from_faults(const struct faults *faults) {
    return (struct problem){.status = 422, .code = "invalid_input", .detail = faults_first(faults)};
}

/* Class 45 is raised by the procedures, class 22 is a value that its type cannot hold, class 23 a violated
 * constraint. */
static int status_from_sqlstate(const char *sqlstate) {
    if (strncmp(sqlstate, "45", 2) == 0)
        return (int)strtol(sqlstate + 2, NULL, 10);
    return strncmp(sqlstate, "22", 2) == 0 ? 422 : 409;
}

struct problem refusal_from_outcome(const struct db_outcome *outcome, char field[PROBLEM_CODE_SIZE]) {
    const char *message = outcome->message;
    int end = 0;

    field[0] = '\0';
    if (outcome->status == DB_UNAVAILABLE)
        return problem_unavailable;
    if (outcome->status != DB_REFUSED)
        return problem_internal;
    struct problem problem = {.status = status_from_sqlstate(outcome->sqlstate)};
    if (sscanf(message, "%47[a-z_](%47[a-z_]): %n", problem.code, field, &end) == 2 && end > 0) {
        problem.detail = message + end;
        return problem;
    }
    field[0] = '\0';
    if (sscanf(message, "%47[a-z_]: %n", problem.code, &end) == 1 && end > 0) {
        problem.detail = message + end;
        return problem;
    }
    bool invalid = problem.status == 422;
    snprintf(problem.code, sizeof problem.code, "%s", invalid ? "invalid_input" : "conflict");
    problem.detail = invalid ? "A value is out of its range" : "The request conflicts with what is stored";
    return problem;
}
