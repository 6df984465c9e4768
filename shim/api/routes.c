/* The route table: an endpoint is a row here and a procedure in db/procedures. */
#include "shim/api/password.h"
#include "shim/api/route.h"

/* clang-format off */

#define EVENT_ID {"event_id", .places = IN_PATH, .type = FIELD_INTEGER, .flags = REQUIRED}

#define LINK_TOKEN {"token", .places = IN_PATH, .type = FIELD_TEXT, .flags = REQUIRED}

/* A client may send back an event as it read it. These members are ignored. */
#define EVENT_OUTPUT {"id,seats_available,organizer_id,status", .places = IN_BODY, .type = FIELD_OUTPUT}

/* The procedures check the limits of these fields. */
#define EVENT_FIELDS(flag) \
        {"title", .places = IN_BODY, .type = FIELD_TEXT, .flags = (flag)}, \
        {"description", .places = IN_BODY, .type = FIELD_TEXT, .flags = NULL_IS_EMPTY}, \
        {"venue", .places = IN_BODY, .type = FIELD_TEXT, .flags = (flag)}, \
        {"speaker", .places = IN_BODY, .type = FIELD_TEXT, .flags = (flag)}, \
        {"event_date", .places = IN_BODY, .type = FIELD_TIME, .flags = (flag)}, \
        {"total_seats", .places = IN_BODY, .type = FIELD_INTEGER, .flags = (flag)}, \
        EVENT_OUTPUT

const struct route routes[] = {
    {
        .method = EVHTTP_REQ_POST, .paths = {"/auth/register", "/auth/signup"},
        .procedure = "register_user", .locks = "email", .check_procedure = "check_user", .status = 201, .shape = SHAPE_OBJECT,
        .fields = {
            {"name", .places = IN_BODY, .type = FIELD_TEXT, .flags = REQUIRED},
            {"email", .places = IN_BODY, .type = FIELD_TEXT, .flags = REQUIRED},
            {"password", .places = IN_BODY, .type = FIELD_PASSWORD, .flags = REQUIRED, .minimum = PASSWORD_MINIMUM_BYTES,
             .maximum = PASSWORD_MAXIMUM_BYTES},
            {"role", .places = IN_BODY, .type = FIELD_TEXT, .flags = NULLABLE},
        },
    },
    {
        .method = EVHTTP_REQ_POST, .paths = {"/auth/login", "/auth/token"}, .takes_form = true,
        .procedure = "find_credentials", .read_only = true, .status = 200, .shape = SHAPE_TOKEN,
        .fields = {
            {"email", .also = "username", .places = IN_BODY, .type = FIELD_TEXT, .flags = REQUIRED},
            {"password", .places = IN_BODY, .type = FIELD_PASSWORD_TRY, .flags = REQUIRED},
        },
    },
    {
        .method = EVHTTP_REQ_GET, .paths = {"/events", "/events/list"},
        .procedure = "browse_events", .check_procedure = "check_listing", .read_only = true, .lane = DB_LANE_SHARED, .status = 200, .shape = SHAPE_LIST,
        .fields = {
            /* Clients of the second path know nothing of pages, so they get the longest one unless they ask for
             * less. */
            {"limit", .places = IN_QUERY, .type = FIELD_INTEGER, .flags = SKIP_EMPTY | PAGE_SIZE, .minimum = 1, .maximum = 1000,
             .fallback = {100, 1000}},
            {"cursor", .places = IN_QUERY, .type = FIELD_TEXT, .flags = SKIP_EMPTY | HEAVY},
            {"sort", .places = IN_QUERY, .type = FIELD_TEXT, .flags = SKIP_EMPTY},
            {"status", .places = IN_QUERY, .type = FIELD_TEXT},
            {"q", .places = IN_QUERY, .type = FIELD_TEXT, .flags = HEAVY},
            {"from", .places = IN_QUERY, .type = FIELD_TIME, .flags = SKIP_EMPTY | BOUND | HEAVY},
            {"to", .places = IN_QUERY, .type = FIELD_TIME, .flags = SKIP_EMPTY | BOUND | HEAVY},
            {"organizer_id", .places = IN_QUERY, .type = FIELD_INTEGER, .flags = SKIP_EMPTY | HEAVY, .minimum = 1, .maximum = INT64_MAX - 1},
        },
    },
    {
        .method = EVHTTP_REQ_GET, .paths = {"/events/{event_id}"},
        .procedure = "get_event", .read_only = true, .lane = DB_LANE_SHARED, .list_procedure = "get_events", .status = 200, .shape = SHAPE_OBJECT,
        .fields = {EVENT_ID},
    },
    {
        .method = EVHTTP_REQ_POST, .paths = {"/events/create", "/events"}, .role = ROLE_ORGANIZER,
        .procedure = "create_event", .locks = "actor_id", .check_procedure = "check_event", .status = 201, .shape = SHAPE_OBJECT,
        .fields = {EVENT_FIELDS(REQUIRED)},
    },
    {
        .method = EVHTTP_REQ_PUT, .paths = {"/events/update/{event_id}", "/events/{event_id}"}, .role = ROLE_ORGANIZER,
        .procedure = "update_event", .locks = "event_id", .check_procedure = "check_event_changes", .status = 200, .shape = SHAPE_OBJECT,
        .fields = {EVENT_ID, EVENT_FIELDS(0)},
    },
    {
        .method = EVHTTP_REQ_DELETE, .paths = {"/events/delete/{event_id}", "/events/{event_id}"}, .role = ROLE_ORGANIZER,
        .procedure = "cancel_event", .locks = "event_id", .status = 200, .shape = SHAPE_OBJECT,
        .fields = {EVENT_ID},
    },
    {
        .method = EVHTTP_REQ_GET, .paths = {"/events/{event_id}/participants", "/events/registrations/{event_id}"},
        .role = ROLE_ORGANIZER,
        .procedure = "list_participants", .read_only = true, .lane = DB_LANE_SHARED, .is_heavy = true, .status = 200, .shape = SHAPE_LIST,
        .fields = {EVENT_ID},
    },
    {
        .method = EVHTTP_REQ_POST, .paths = {"/register/{event_id}", "/events/register/{event_id}"},
        .role = ROLE_PARTICIPANT,
        .procedure = "register_for_event", .locks = "event_id", .lane = DB_LANE_GROUPED, .list_procedure = "register_for_events",
        .check_procedure = "check_seats", .status = 200, .shape = SHAPE_OBJECT,
        .fields = {
            EVENT_ID,
            {"seats", .places = IN_QUERY | IN_BODY, .type = FIELD_INTEGER},
        },
    },
    {
        .method = EVHTTP_REQ_DELETE, .paths = {"/register/{event_id}", "/events/cancel/{event_id}"},
        .role = ROLE_PARTICIPANT,
        .procedure = "unregister_from_event", .locks = "event_id", .lane = DB_LANE_GROUPED,
        .list_procedure = "unregister_from_events", .status = 200, .shape = SHAPE_OBJECT,
        .fields = {EVENT_ID},
    },
    {
        .method = EVHTTP_REQ_GET, .paths = {"/my-registrations", "/events/my/registrations"}, .role = ROLE_PARTICIPANT,
        .procedure = "list_my_registrations", .read_only = true, .lane = DB_LANE_SHARED,
        .list_procedure = "list_registrations", .status = 200, .shape = SHAPE_OBJECT_WITH_LIST,
        .list_name = "registered_events",
    },
    /* The link in a mail. GET changes nothing, because programs that scan mails follow links as well. POST does: the
     * page's button sends one, and so do mail programs, with List-Unsubscribe=One-Click (RFC 8058, section 3.1). */
    {
        .method = EVHTTP_REQ_GET, .paths = {"/reminders/{token}"},
        .procedure = "show_reminders", .read_only = true, .status = 200, .shape = SHAPE_PAGE,
        .fields = {LINK_TOKEN},
    },
    {
        .method = EVHTTP_REQ_POST, .paths = {"/reminders/{token}"}, .takes_form = true,
        .procedure = "set_reminders", .locks = "token", .status = 200, .shape = SHAPE_PAGE,
        .fields = {
            LINK_TOKEN,
            {"reminders", .also = "List-Unsubscribe", .places = IN_BODY, .type = FIELD_TEXT, .flags = REQUIRED},
        },
    },
    {
        .method = EVHTTP_REQ_GET, .paths = {"/healthz"},
        .procedure = "check_database", .read_only = true, .watched = true, .lane = DB_LANE_SHARED, .status = 200, .shape = SHAPE_OBJECT,
        .fields = {
            /* It has no place, so no client can give it: the newest migration that this program was built with. */
            {"migration", .type = FIELD_INTEGER, .fallback = {EVENTHUB_MIGRATION}},
        },
    },
};

const size_t route_count = sizeof routes / sizeof routes[0];
