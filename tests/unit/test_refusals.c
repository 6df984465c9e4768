/* Problem details: faults of fields, refusals of procedures, and the document that clients get. */
#include "shim/api/refusals.h"

#include "db/common/text.h"
#include "shim/http/json_in.h"
#include "tests/unit/unit.h"

/* The document as JSON, to be released with json_object_put. */
static json_object *written(const struct problem *problem, const struct faults *faults, const char *request_id) {
    struct buffer out = {0}, errors = {0};
    if (faults != NULL)
        faults_write(&errors, faults);
    problem_write(&out, problem, &errors, request_id);
    assert_false(out.failed);
    buffer_free(&errors);
    size_t characters;
    bool blank;
    assert_true(text_measure(out.data, out.length, &characters, &blank));
    json_object *document;
    assert_null(json_in_parse(out.data, out.length, &document));
    buffer_free(&out);
    return document;
}

static const char *member(json_object *object, const char *name) {
    return json_object_get_string(json_object_object_get(object, name));
}

static struct db_outcome refused(const char *sqlstate, const char *message) {
    struct db_outcome outcome = {.status = DB_REFUSED};
    snprintf(outcome.sqlstate, sizeof outcome.sqlstate, "%s", sqlstate);
    snprintf(outcome.message, sizeof outcome.message, "%s", message);
    return outcome;
}

static void document_has_every_member(void **state) {
    json_object *document = written(&problem_not_found, NULL, "id-1");
    assert_int_equal(json_object_get_int(json_object_object_get(document, "status")), 404);
    assert_string_equal(member(document, "title"), "Not Found");
    assert_string_equal(member(document, "detail"), "Not Found");
    assert_string_equal(member(document, "code"), "not_found");
    assert_string_equal(member(document, "request_id"), "id-1");
    assert_int_equal(json_object_object_length(document), 5);
    json_object_put(document);
}

static void document_is_appended(void **state) {
    struct buffer out = {0};
    buffer_text(&out, "[");
    problem_write(&out, &problem_not_found, NULL, "x");
    buffer_append(&out, "", 1);
    assert_string_equal(out.data, "[{\"status\":404,\"title\":\"Not Found\",\"detail\":\"Not Found\","
                                  "\"code\":\"not_found\",\"request_id\":\"x\"}");
    buffer_free(&out);
}

static void text_in_document_is_escaped(void **state) {
    const struct problem problem = {409, "a\"b", "line\nbreak \\ \"quoted\" \x01"};
    json_object *document = written(&problem, NULL, "\"},{\"");
    assert_string_equal(member(document, "code"), "a\"b");
    assert_string_equal(member(document, "detail"), "line\nbreak \\ \"quoted\" \x01");
    assert_string_equal(member(document, "request_id"), "\"},{\"");
    json_object_put(document);
}

static void no_faults_give_no_errors(void **state) {
    struct faults faults = {0};
    json_object *document = written(&problem_bad_request, &faults, "x");
    assert_false(json_object_object_get_ex(document, "errors", NULL));
    json_object_put(document);
    faults_free(&faults);
}

static void every_fault_has_an_entry(void **state) {
    static const struct {
        enum place place;
        const char *where, *name, *problem, *message;
    } rows[] = {
        {IN_BODY, "body", "title", "must not be blank", "title must not be blank"},
        {IN_PATH, "path", "event_id", "must be a whole number", "event_id must be a whole number"},
        {IN_QUERY, "query", "limit", "must be from 1 to 1000", "limit must be from 1 to 1000"},
        {IN_BODY, "body", "\"x\\\n", "is not a field of this request", "\"x\\\n is not a field of this request"},
        {IN_BODY, "body", "", "is not a field of this request", " is not a field of this request"},
    };
    struct faults faults = {0};
    for (size_t i = 0; i < COUNT(rows); i++)
        faults_add(&faults, rows[i].place, rows[i].name, rows[i].problem);
    assert_int_equal(faults.count, COUNT(rows));

    struct problem problem = refusal_from_faults(&faults);
    assert_int_equal(problem.status, 422);
    assert_string_equal(problem.code, "invalid_input");
    assert_string_equal(problem.detail, "title must not be blank");

    json_object *document = written(&problem, &faults, "x"), *errors;
    assert_true(json_object_object_get_ex(document, "errors", &errors));
    assert_int_equal(json_object_array_length(errors), COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_object *error = json_object_array_get_idx(errors, i);
        assert_int_equal(json_object_object_length(error), 3);
        assert_text(rows[i].name, member(error, "in"), rows[i].where);
        assert_text(rows[i].name, member(error, "name"), rows[i].name);
        assert_text(rows[i].name, member(error, "message"), rows[i].message);
    }
    json_object_put(document);
    faults_free(&faults);
    assert_int_equal(faults.count, 0);
}

static void sentence_stands_as_it_is(void **state) {
    struct faults faults = {0};
    faults_add_sentence(&faults, IN_QUERY, "seats", "Only 3 seats are left");
    struct problem problem = refusal_from_faults(&faults);
    assert_string_equal(problem.detail, "Only 3 seats are left");
    json_object *document = written(&problem, &faults, "x");
    json_object *error = json_object_array_get_idx(json_object_object_get(document, "errors"), 0);
    assert_string_equal(member(error, "in"), "query");
    assert_string_equal(member(error, "name"), "seats");
    assert_string_equal(member(error, "message"), "Only 3 seats are left");
    json_object_put(document);
    faults_free(&faults);
}

static void faults_are_limited_to_20(void **state) {
    struct faults faults = {0};
    for (size_t i = 0; i < 5000; i++) {
        char name[16];
        snprintf(name, sizeof name, "m%zu", i);
        faults_add(&faults, IN_BODY, name, "is not a field of this request");
    }
    assert_int_equal(faults.count, 20);
    struct problem problem = refusal_from_faults(&faults);
    json_object *document = written(&problem, &faults, "x");
    json_object *errors = json_object_object_get(document, "errors");
    assert_int_equal(json_object_array_length(errors), 20);
    assert_string_equal(member(json_object_array_get_idx(errors, 0), "name"), "m0");
    assert_string_equal(member(json_object_array_get_idx(errors, 19), "name"), "m19");
    json_object_put(document);
    faults_free(&faults);
}

static void long_name_is_cut_between_characters(void **state) {
    static const char *const characters[] = {"x", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x8e\x9f"};
    for (size_t i = 0; i < COUNT(characters); i++) {
        for (size_t offset = 0; offset < 4; offset++) {
            char name[1024] = "aaaa";
            struct faults faults = {0};
            name[offset] = '\0';
            for (int k = 0; k < 200; k++)
                strcat(name, characters[i]);
            faults_add(&faults, IN_BODY, name, "is not a field of this request");
            struct problem problem = refusal_from_faults(&faults);
            json_object *document = written(&problem, &faults, "x");
            const char *cut = member(json_object_array_get_idx(json_object_object_get(document, "errors"), 0), "name");
            size_t length = strlen(cut);
            assert_true(length <= 64 && length > 64 - strlen(characters[i]));
            assert_memory_equal(cut, name, length);
            assert_non_null(strstr(problem.detail, " is not a field of this request"));
            json_object_put(document);
            faults_free(&faults);
        }
    }
}

static void name_of_64_bytes_is_not_cut(void **state) {
    static const char *const rows[] = {
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\xf0\x9f\x8e\x9f",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\xc3\xbc",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct faults faults = {0};
        char message[100];
        assert_int_equal(strlen(rows[i]), 64);
        faults_add(&faults, IN_BODY, rows[i], "is odd");
        snprintf(message, sizeof message, "%s is odd", rows[i]);
        assert_string_equal(faults_first(&faults), message);
        faults_free(&faults);
    }
}

static void refusal_is_read(void **state) {
    static const struct {
        int status;
        const char *message, *code, *field, *detail;
    } rows[] = {
        {409, "seats_exhausted: Not enough seats available", "seats_exhausted", "", "Not enough seats available"},
        {404, "event_not_found: Event not found", "event_not_found", "", "Event not found"},
        {422, "invalid_input(title): title must not be blank", "invalid_input", "title", "title must not be blank"},
        {422, "invalid_input(event_date): event_date must be in the future", "invalid_input", "event_date",
         "event_date must be in the future"},
        {409, "a: b: c", "a", "", "b: c"},
        {409, "a(b): c(d): e", "a", "b", "c(d): e"},
        {409, "a: 100 % of \"them\"", "a", "", "100 % of \"them\""},
        {409, "a: gr\xc3\xbcn", "a", "", "gr\xc3\xbcn"},
        {409, "a(a_field_of_forty_seven_letters_xxxxxxxxxxxxxxxx): Yes", "a",
         "a_field_of_forty_seven_letters_xxxxxxxxxxxxxxxx", "Yes"},
        {409, "a_code_of_forty_seven_letters_xxxxxxxxxxxxxxxxx: Yes", "a_code_of_forty_seven_letters_xxxxxxxxxxxxxxxxx",
         "", "Yes"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char field[PROBLEM_CODE_SIZE] = "before";
        char sqlstate[16];
        snprintf(sqlstate, sizeof sqlstate, "45%03d", rows[i].status);
        struct db_outcome outcome = refused(sqlstate, rows[i].message);
        struct problem problem = refusal_from_outcome(&outcome, field);
        assert_number(rows[i].message, problem.status, rows[i].status);
        assert_text(rows[i].message, problem.code, rows[i].code);
        assert_text(rows[i].message, problem.detail, rows[i].detail);
        assert_text(rows[i].message, field, rows[i].field);
    }
}

static void message_of_the_database_keeps_its_words_to_itself(void **state) {
    static const char *const messages[] = {
        "",
        ":",
        "(",
        "code",
        "Duplicate entry 'ann@example.org' for key 'users.email'",
        "CONSTRAINT `seats_available` failed for `eventhub`.`events`",
        "Data too long for column 'title' at row 1",
        "Code: Detail",
        "code1: Detail",
        "code detail: x",
        "code(field) Detail",
        "code(field: Detail",
        "code(): Detail",
        "code(Field): Detail",
        "(field): Detail",
        ": Detail",
        "a_code_of_forty_seven_letters_xxxxxxxxxxxxxxxxxx: Detail",
        "a(a_field_of_forty_eight_letters_xxxxxxxxxxxxxxxxx): Detail",
    };
    for (size_t i = 0; i < COUNT(messages); i++) {
        char field[PROBLEM_CODE_SIZE] = "before";
        struct db_outcome outcome = refused("23000", messages[i]);
        struct problem problem = refusal_from_outcome(&outcome, field);
        assert_number(messages[i], problem.status, 409);
        assert_text(messages[i], problem.code, "conflict");
        assert_text(messages[i], problem.detail, "The request conflicts with what is stored");
        assert_text(messages[i], field, "");

        outcome = refused("22001", messages[i]);
        problem = refusal_from_outcome(&outcome, field);
        assert_number(messages[i], problem.status, 422);
        assert_text(messages[i], problem.code, "invalid_input");
        assert_text(messages[i], problem.detail, "A value is out of its range");
        assert_text(messages[i], field, "");
    }
}

static void sqlstate_becomes_a_status(void **state) {
    static const struct {
        const char *sqlstate;
        int status;
    } rows[] = {
        {"45400", 400}, {"45401", 401}, {"45403", 403}, {"45404", 404}, {"45409", 409}, {"45422", 422},
        {"45429", 429}, {"45499", 499}, {"23000", 409}, {"22001", 422}, {"22003", 422}, {"22007", 422},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char field[PROBLEM_CODE_SIZE];
        struct db_outcome outcome = refused(rows[i].sqlstate, "a: b");
        assert_number(rows[i].sqlstate, refusal_from_outcome(&outcome, field).status, rows[i].status);
    }
}

static void other_outcomes_tell_nothing(void **state) {
    static const struct {
        enum db_status status;
        const struct problem *wanted;
    } rows[] = {{DB_UNAVAILABLE, &problem_unavailable}, {DB_FAILED, &problem_internal}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char field[PROBLEM_CODE_SIZE] = "before";
        struct db_outcome outcome = refused("45409", "secret(field): Table 'eventhub.secret' is read only");
        outcome.status = rows[i].status;
        struct problem problem = refusal_from_outcome(&outcome, field);
        assert_int_equal(problem.status, rows[i].wanted->status);
        assert_string_equal(problem.code, rows[i].wanted->code);
        assert_string_equal(problem.detail, rows[i].wanted->detail);
        assert_string_equal(field, "");
    }
}

static void own_problems_are_one_sentence_each(void **state) {
    const struct {
        const struct problem *problem;
        int status;
    } rows[] = {
        {&problem_bad_request, 400},        {&problem_not_found, 404},
        {&problem_method_not_allowed, 405}, {&refusal_not_authenticated, 401},
        {&refusal_invalid_token, 401},      {&refusal_invalid_credentials, 401},
        {&refusal_organizer_required, 403}, {&refusal_participant_required, 403},
        {&problem_too_large, 413},          {&problem_unsupported_media_type, 415},
        {&problem_overloaded, 503},         {&problem_unavailable, 503},
        {&problem_internal, 500},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct problem *problem = rows[i].problem;
        assert_number(problem->code, problem->status, rows[i].status);
        assert_int_equal(strspn(problem->code, "abcdefghijklmnopqrstuvwxyz_"), strlen(problem->code));
        assert_true(strlen(problem->detail) > 0 && strchr(problem->detail, '\n') == NULL);
        assert_string_not_equal(problem_title(problem->status), "Client Error");
        assert_string_not_equal(problem_title(problem->status), "Server Error");
    }
}

static void details_that_clients_know_are_kept(void **state) {
    assert_string_equal(problem_not_found.detail, "Not Found");
    assert_string_equal(problem_method_not_allowed.detail, "Method Not Allowed");
    assert_string_equal(refusal_not_authenticated.detail, "Not authenticated");
    assert_string_equal(refusal_invalid_token.detail, "Invalid authentication credentials");
    assert_string_equal(refusal_invalid_credentials.detail, "Invalid credentials");
    assert_string_equal(refusal_organizer_required.detail, "Organizer privileges required");
    assert_string_equal(refusal_participant_required.detail, "Participant privileges required");
}

static void status_has_a_title(void **state) {
    static const struct {
        int status;
        const char *title;
    } rows[] = {
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
        {418, "Client Error"},
        {499, "Client Error"},
        {504, "Server Error"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_text(rows[i].title, problem_title(rows[i].status), rows[i].title);
}

/* MESSAGE_TEXT has up to 128 characters, of up to 4 bytes each. */
static void long_detail_is_cut_between_characters(void **state) {
    for (size_t offset = 0; offset < 4; offset++) {
        char message[600] = "a: xxx", field[PROBLEM_CODE_SIZE];
        message[3 + offset] = '\0';
        for (int i = 0; i < 120; i++)
            strcat(message, "\xf0\x9f\x8e\x9f");
        struct db_outcome outcome = refused("45409", message);
        struct problem problem = refusal_from_outcome(&outcome, field);
        size_t characters;
        bool blank;
        assert_true(text_measure(problem.detail, strlen(problem.detail), &characters, &blank));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(document_has_every_member),
        cmocka_unit_test(document_is_appended),
        cmocka_unit_test(text_in_document_is_escaped),
        cmocka_unit_test(no_faults_give_no_errors),
        cmocka_unit_test(every_fault_has_an_entry),
        cmocka_unit_test(sentence_stands_as_it_is),
        cmocka_unit_test(faults_are_limited_to_20),
        cmocka_unit_test(long_name_is_cut_between_characters),
        cmocka_unit_test(name_of_64_bytes_is_not_cut),
        cmocka_unit_test(refusal_is_read),
        cmocka_unit_test(message_of_the_database_keeps_its_words_to_itself),
        cmocka_unit_test(sqlstate_becomes_a_status),
        cmocka_unit_test(other_outcomes_tell_nothing),
        cmocka_unit_test(own_problems_are_one_sentence_each),
        cmocka_unit_test(details_that_clients_know_are_kept),
        cmocka_unit_test(status_has_a_title),
        cmocka_unit_test(long_detail_is_cut_between_characters),
    };
    return cmocka_run_group_tests_name("refusals", tests, NULL, NULL);
}
