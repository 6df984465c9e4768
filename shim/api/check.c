/* Faults that the database finds in a request's input. */
#include "shim/api/check.h"

#include <string.h>

#include "shim/api/refusals.h"

static const char first_column[] = "invalid_field";

static void receive(void *receiver, struct db_result *result, unsigned index) {
    check_receive(receiver, result, index);
}

struct db_call check_call(struct check *check, const struct route *route, const struct db_value *values) {
    size_t count = 0;

    for (size_t i = 0; i < ROUTE_FIELDS && route->fields[i].name != NULL; i++) {
        if (!fields_is_parameter(&route->fields[i]))
            continue;
        if (fields_is_checked(&route->fields[i]))
            check->arguments[count++] = *values;
        values++;
    }
    return (struct db_call){
        .procedure = route->check_procedure,
        .arguments = check->arguments,
        .argument_count = count,
        .repeatable = true,
        .receive = receive,
        .receiver = check,
    };
}

bool check_receive(struct check *check, struct db_result *result, unsigned index) {
    if (index == 0)
        faults_free(&check->told);
    if (strcmp(db_result_column_name(result, 0), first_column) != 0)
        return false;
    while (db_result_next(result)) {
        struct db_column field = db_result_column(result, 0), message = db_result_find(result, "message");
        if (field.text != NULL && message.text != NULL)
            faults_add_sentence(&check->told, IN_BODY, field.text, message.text);
    }
    return true;
}

void check_merge(struct faults *faults, const struct check *check, const struct db_outcome *outcome,
                 const struct route *route, const struct fields_input *input) {
    char field[PROBLEM_CODE_SIZE];
    struct problem problem = refusal_from_outcome(outcome, field);

    if (problem.status != 422 || field[0] == '\0')
        return;
    for (size_t i = 0; i < check->told.count; i++) {
        const struct fault *told = &check->told.entries[i];
        if (told->name != NULL && told->sentence != NULL)
            faults_merge(faults, route, fields_place(route, input, told->name), told->name, told->sentence);
    }
    faults_merge(faults, route, fields_place(route, input, field), field, problem.detail);
}

void check_free(struct check *check) {
    faults_free(&check->told);
}
