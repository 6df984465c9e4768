/* Finding the row of the route table: literals, parameters, methods, and that every row can be reached. */
#include "shim/api/route.h"

#include "shim/http/method.h"
#include "tests/unit/unit.h"

static const unsigned get = EVHTTP_REQ_GET | EVHTTP_REQ_HEAD;
static const unsigned post = EVHTTP_REQ_POST;
static const unsigned put = EVHTTP_REQ_PUT;
static const unsigned delete = EVHTTP_REQ_DELETE;

/* The path with 17 in the place of its parameter. */
static void fill(const char *pattern, char *path, size_t size) {
    const char *brace = strchr(pattern, '{');
    if (brace == NULL)
        snprintf(path, size, "%s", pattern);
    else
        snprintf(path, size, "%.*s17%s", (int)(brace - pattern), pattern, strchr(brace, '}') + 1);
}

static void assert_found(enum evhttp_cmd_type method, const char *path, const struct route *route, bool parameter) {
    struct route_match match = route_find(method, path);
    if (match.route != route)
        fail_msg("%s leads to %s instead of %s", path, match.route ? match.route->procedure : "nothing",
                 route->procedure);
    assert_true(match.methods & method);
    assert_number(path, (int64_t)match.parameter_length, parameter ? 2 : 0);
    if (parameter) {
        assert_true(match.parameter > path && match.parameter < path + strlen(path));
        assert_memory_equal(match.parameter, "17", 2);
    } else {
        assert_null(match.parameter);
    }
}

static void every_row_is_reached_by_its_paths(void **state) {
    size_t reached = 0;
    for (size_t i = 0; i < route_count; i++) {
        assert_non_null(routes[i].paths[0]);
        for (size_t k = 0; k < ROUTE_PATHS && routes[i].paths[k] != NULL; k++) {
            const char *pattern = routes[i].paths[k];
            bool parameter = strchr(pattern, '{') != NULL;
            char path[128];
            fill(pattern, path, sizeof path - 1);
            assert_found(routes[i].method, path, &routes[i], parameter);
            if (routes[i].method == EVHTTP_REQ_GET)
                assert_found(EVHTTP_REQ_HEAD, path, &routes[i], parameter);
            strcat(path, "/");
            assert_found(routes[i].method, path, &routes[i], parameter);
            reached++;
        }
    }
    assert_true(reached > route_count);
}

static void parameter_of_a_path_is_a_field_of_its_row(void **state) {
    for (size_t i = 0; i < route_count; i++) {
        for (size_t k = 0; k < ROUTE_PATHS && routes[i].paths[k] != NULL; k++) {
            const char *brace = strchr(routes[i].paths[k], '{');
            size_t fields_in_path = 0;
            for (size_t f = 0; f < ROUTE_FIELDS && routes[i].fields[f].name != NULL; f++) {
                const struct field *field = &routes[i].fields[f];
                if (!(field->places & IN_PATH))
                    continue;
                fields_in_path++;
                assert_non_null(brace);
                assert_int_equal(strncmp(brace + 1, field->name, strlen(field->name)), 0);
                assert_int_equal(brace[1 + strlen(field->name)], '}');
            }
            assert_int_equal(fields_in_path, brace != NULL ? 1 : 0);
            assert_true(brace == NULL || strchr(brace + 1, '{') == NULL);
        }
    }
}

static void row_is_found_by_method_and_path(void **state) {
    static const struct {
        enum evhttp_cmd_type method;
        const char *path, *procedure, *parameter;
    } rows[] = {
        {EVHTTP_REQ_POST, "/auth/signup", "register_user", ""},
        {EVHTTP_REQ_POST, "/auth/token", "find_credentials", ""},
        {EVHTTP_REQ_GET, "/events", "browse_events", ""},
        {EVHTTP_REQ_POST, "/events", "create_event", ""},
        {EVHTTP_REQ_GET, "/events/17", "get_event", "17"},
        {EVHTTP_REQ_PUT, "/events/17", "update_event", "17"},
        {EVHTTP_REQ_DELETE, "/events/17", "cancel_event", "17"},
        {EVHTTP_REQ_PUT, "/events/update/17", "update_event", "17"},
        {EVHTTP_REQ_GET, "/events/17/participants", "list_participants", "17"},
        {EVHTTP_REQ_GET, "/events/registrations/17", "list_participants", "17"},
        {EVHTTP_REQ_POST, "/register/17", "register_for_event", "17"},
        {EVHTTP_REQ_DELETE, "/register/17", "unregister_from_event", "17"},
        {EVHTTP_REQ_DELETE, "/events/cancel/17", "unregister_from_event", "17"},
        {EVHTTP_REQ_GET, "/my-registrations", "list_my_registrations", ""},
        {EVHTTP_REQ_GET, "/reminders/17-x", "show_reminders", "17-x"},
        {EVHTTP_REQ_HEAD, "/reminders/17-x/", "show_reminders", "17-x"},
        {EVHTTP_REQ_POST, "/reminders/17-x", "set_reminders", "17-x"},
        {EVHTTP_REQ_HEAD, "/healthz", "check_database", ""},
        {EVHTTP_REQ_GET, "/events/", "browse_events", ""},
        {EVHTTP_REQ_GET, "/events/17/", "get_event", "17"},
        /* Whether it is a number is for the field to say. */
        {EVHTTP_REQ_GET, "/events/-1", "get_event", "-1"},
        {EVHTTP_REQ_GET, "/events/a b%", "get_event", "a b%"},
        {EVHTTP_REQ_GET, "/events/{event_id}", "get_event", "{event_id}"},
        /* A literal goes before a parameter. */
        {EVHTTP_REQ_GET, "/events/list", "browse_events", ""},
        {EVHTTP_REQ_GET, "/events/list/", "browse_events", ""},
        {EVHTTP_REQ_GET, "/events/lists", "get_event", "lists"},
        {EVHTTP_REQ_GET, "/events/lis", "get_event", "lis"},
        {EVHTTP_REQ_POST, "/events/create", "create_event", ""},
        {EVHTTP_REQ_GET, "/events/my/registrations", "list_my_registrations", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct route_match match = route_find(rows[i].method, rows[i].path);
        char parameter[32];
        if (match.route == NULL)
            fail_msg("%s is not found", rows[i].path);
        assert_text(rows[i].path, match.route->procedure, rows[i].procedure);
        snprintf(parameter, sizeof parameter, "%.*s", (int)match.parameter_length,
                 match.parameter != NULL ? match.parameter : "");
        assert_text(rows[i].path, parameter, rows[i].parameter);
    }
}

static void path_knows_its_methods(void **state) {
    const struct {
        const char *path;
        unsigned methods;
    } rows[] = {
        {"/events", get | post},
        {"/events/17", get | put | delete},
        {"/events/17/", get | put | delete},
        {"/events/list", get},
        {"/events/create", post},
        {"/events/update/17", put},
        {"/events/delete/17", delete},
        {"/register/17", post | delete},
        {"/events/my/registrations", get},
        {"/auth/login", post},
        {"/healthz", get},
    };
    static const enum evhttp_cmd_type methods[] = {EVHTTP_REQ_GET,   EVHTTP_REQ_POST,    EVHTTP_REQ_HEAD,
                                                   EVHTTP_REQ_PUT,   EVHTTP_REQ_DELETE,  EVHTTP_REQ_OPTIONS,
                                                   EVHTTP_REQ_TRACE, EVHTTP_REQ_CONNECT, EVHTTP_REQ_PATCH};
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t k = 0; k < COUNT(methods); k++) {
            struct route_match match = route_find(methods[k], rows[i].path);
            assert_number(rows[i].path, match.methods, rows[i].methods);
            assert_number(rows[i].path, match.route != NULL, (rows[i].methods & methods[k]) != 0);
        }
    }
}

static void head_is_answered_by_get(void **state) {
    struct route_match get_match = route_find(EVHTTP_REQ_GET, "/events/17");
    struct route_match head_match = route_find(EVHTTP_REQ_HEAD, "/events/17");
    assert_ptr_equal(head_match.route, get_match.route);
    assert_int_equal(head_match.methods, get_match.methods);
    assert_int_equal(head_match.parameter_length, 2);
    assert_null(route_find(EVHTTP_REQ_HEAD, "/auth/login").route);
}

static void unknown_path_has_no_methods(void **state) {
    static const char *const paths[] = {
        "",
        "/",
        "//",
        "events",
        "/event",
        "/events2",
        "/EVENTS",
        "/events ",
        " /events",
        "//events",
        "/events//",
        "/events//17",
        "/events/17//",
        "/events//participants",
        "/events/17/participants/18",
        "/events/17/participant",
        "/events/17/18",
        "/events/update/17/18",
        "/register",
        "/register/",
        "/register/17/18",
        "/auth",
        "/auth/",
        "/auth/login/17",
        "/healthz/17",
        "/my-registrations/17",
        "/events/./17",
        "*",
        "/{event_id}",
    };
    for (size_t i = 0; i < COUNT(paths); i++) {
        struct route_match match = route_find(EVHTTP_REQ_GET, paths[i]);
        assert_number(paths[i], match.methods, 0);
        assert_null(match.route);
        assert_null(match.parameter);
    }
}

static void path_is_known_among_those_of_its_row(void **state) {
    static const struct {
        const char *path;
        size_t number;
    } rows[] = {{"/events", 0},
                {"/events/", 0},
                {"/events/list", 1},
                {"/events/list/", 1},
                {"/events/17", 0},
                {"/my-registrations", 0},
                {"/healthz", 0},
                {"/events/registrations/1", 1},
                {"/events/1/participants", 0}};
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_number(rows[i].path, (int64_t)route_find(EVHTTP_REQ_GET, rows[i].path).path, (int64_t)rows[i].number);
}

static void path_cut_anywhere_is_never_read_beyond(void **state) {
    static const char text[] = "/events/17/participants/";
    for (size_t length = 0; length < sizeof text; length++) {
        char *path = exact_copy(text, length + 1);
        path[length] = '\0';
        struct route_match match = route_find(EVHTTP_REQ_GET, path);
        assert_true(match.parameter_length <= length);
        free(path);
    }
}

static void role_has_a_name(void **state) {
    enum role role = ROLE_ANYONE;
    assert_string_equal(role_name(ROLE_ORGANIZER), "organizer");
    assert_string_equal(role_name(ROLE_PARTICIPANT), "participant");
    assert_true(role_from_name("organizer", &role));
    assert_int_equal(role, ROLE_ORGANIZER);
    assert_true(role_from_name("participant", &role));
    assert_int_equal(role, ROLE_PARTICIPANT);
}

static void other_names_are_no_roles(void **state) {
    static const char *const names[] = {NULL,         "",      "anyone",       "Organizer",
                                        "organizer ", "organ", "participants", "admin"};
    for (size_t i = 0; i < COUNT(names); i++) {
        enum role role = ROLE_ANYONE;
        assert_false(role_from_name(names[i], &role));
        assert_int_equal(role, ROLE_ANYONE);
    }
}

static void method_has_a_name(void **state) {
    assert_string_equal(method_name(EVHTTP_REQ_GET), "GET");
    assert_string_equal(method_name(EVHTTP_REQ_HEAD), "HEAD");
    assert_string_equal(method_name(EVHTTP_REQ_OPTIONS), "OPTIONS");
    assert_string_equal(method_name((enum evhttp_cmd_type)0), "-");
    for (size_t i = 0; i < route_count; i++)
        assert_string_not_equal(method_name(routes[i].method), "-");
}

static void table_is_printed_a_row_a_line(void **state) {
    struct capture capture = capture_begin(STDOUT_FILENO);
    routes_print();
    char *output = capture_end(&capture);
    size_t lines = 0;
    for (const char *at = output; *at != '\0'; at++)
        lines += *at == '\n';
    assert_int_equal(lines, route_count);
    assert_non_null(
        strstr(output, "GET\t/events/{event_id}\t\tanyone\tget_event\tp_event_id\t200\tshared\tget_events\t\t\n"));
    assert_non_null(strstr(output, "POST\t/auth/register\t/auth/signup\tanyone\tregister_user\t"
                                   "p_name,p_email,p_password_hash,p_role\t201\tdirect\t\tcheck_user\temail\n"));
    assert_non_null(strstr(output, "\torganizer\tcancel_event\tp_actor_id,p_event_id\t200\tdirect\t\t\tevent_id\n"));
    assert_non_null(strstr(output, "\tregister_for_event\tp_actor_id,p_event_id,p_seats\t200\tgrouped\t"
                                   "register_for_events\tcheck_seats\tevent_id\n"));
    free(output);
}

static void secrets_are_not_compressed(void **state) {
    size_t secrets = 0;
    for (size_t i = 0; i < route_count; i++) {
        bool is_secret =
            strncmp(routes[i].paths[0], "/auth/login", 11) == 0 || strncmp(routes[i].paths[0], "/reminders/", 11) == 0;
        assert_number(routes[i].paths[0], route_compresses(&routes[i]), !is_secret);
        secrets += is_secret;
    }
    assert_int_equal(secrets, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_reached_by_its_paths),
        cmocka_unit_test(parameter_of_a_path_is_a_field_of_its_row),
        cmocka_unit_test(row_is_found_by_method_and_path),
        cmocka_unit_test(path_knows_its_methods),
        cmocka_unit_test(path_is_known_among_those_of_its_row),
        cmocka_unit_test(head_is_answered_by_get),
        cmocka_unit_test(unknown_path_has_no_methods),
        cmocka_unit_test(path_cut_anywhere_is_never_read_beyond),
        cmocka_unit_test(secrets_are_not_compressed),
        cmocka_unit_test(role_has_a_name),
        cmocka_unit_test(other_names_are_no_roles),
        cmocka_unit_test(method_has_a_name),
        cmocka_unit_test(table_is_printed_a_row_a_line),
    };
    return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
