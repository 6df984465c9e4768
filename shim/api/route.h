/* Routes: which procedure answers which request, as rows of one table. */
#ifndef EVENTHUB_ROUTE_H
#define EVENTHUB_ROUTE_H

#include <event2/http.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/client/lane.h"

enum role { ROLE_ANYONE, ROLE_ORGANIZER, ROLE_PARTICIPANT };

/* role_name: "anyone", "organizer" or "participant". role_from_name: false for any other name, and for "anyone", which
 * is no user's role. */
const char *role_name(enum role role);
bool role_from_name(const char *name, enum role *role);

enum {
    ROUTE_FIELDS = 8,
    ROUTE_PATHS = 2,
};

/* Where a field may stand, as bits. */
enum place { IN_PATH = 1, IN_QUERY = 2, IN_BODY = 4 };

enum field_type {
    FIELD_INTEGER,
    FIELD_TEXT,
    FIELD_TIME,
    FIELD_PASSWORD,     /* replaced by its hash before the CALL */
    FIELD_PASSWORD_TRY, /* checked after the CALL; no parameter of the procedure */
    FIELD_OUTPUT,       /* a member of an event as it is read; ignored, so that clients can send back what they read */
};

enum field_flag {
    REQUIRED = 1,
    NULLABLE = 2,      /* JSON's null counts as leaving it out */
    SKIP_EMPTY = 4,    /* "name=" counts as leaving it out, because a form sends fields that nobody filled in */
    NULL_IS_EMPTY = 8, /* JSON's null is the empty text */
    BOUND = 16,        /* end of a range to search: a time that no event can have becomes the nearest that one can */
    /* How many rows a SHAPE_LIST has at most; after a full page there may be another one. A page that is longer than
     * those of the first path is heavy, unless it is what everybody gets who asks for nothing. */
    PAGE_SIZE = 32,
    HEAVY = 64, /* makes the CALL a heavy one if it is given */
};

/* A field is the parameter p_<name> of the procedure. */
struct field {
    const char *name;
    const char *also; /* another name that clients use, or NULL */
    unsigned places;
    enum field_type type;
    unsigned flags;
    int64_t minimum;               /* of an integer (both 0: any of 64 bits), or of a password in bytes */
    int64_t maximum;               /* of the same; or of a text, in characters (0: any number) */
    int64_t fallback[ROUTE_PATHS]; /* of an integer that is left out, for each of the route's paths; 0: NULL */
};

enum shape {
    SHAPE_OBJECT,           /* the one row */
    SHAPE_LIST,             /* an array of the rows; next_cursor, in them or a second result, becomes a Link header */
    SHAPE_OBJECT_WITH_LIST, /* the one row of the first result and, as its last member, the rows of the second */
    SHAPE_PAGE,             /* the one row as an HTML page; page.h names the columns */
    SHAPE_TOKEN,            /* a bearer token, if the password matches find_credentials' row */
};

struct route {
    enum evhttp_cmd_type method;
    const char *paths[ROUTE_PATHS]; /* "{name}" is a segment that is read into the field `name` */
    enum role role;                 /* the procedure's first parameter is the actor's id, except for ROLE_ANYONE */
    const char *procedure;
    bool read_only; /* the procedure changes nothing, so its CALL may be sent twice */
    bool watched;   /* asked every few seconds by a monitor: a failure is logged only if it is a new one */
    enum db_lane lane;
    bool is_heavy;               /* the procedure may return very many rows */
    const char *locks;           /* names the parameter, without p_, that says which row is locked; NULL: none is */
    const char *check_procedure; /* checks the fields in query and body except the password; NULL: none does */
    const char *list_procedure;  /* the same for a list of CALLs; NULL: there is none */
    bool takes_form;
    struct field fields[ROUTE_FIELDS]; /* the procedure's parameters in order, up to the first without a name */
    int status;                        /* of success */
    enum shape shape;
    const char *list_name; /* of SHAPE_OBJECT_WITH_LIST */
};

extern const struct route routes[];
extern const size_t route_count;

struct route_match {
    const struct route *route; /* NULL: the path has no such method */
    size_t path;               /* index in route->paths */
    unsigned methods;          /* methods of the path, bits of evhttp_cmd_type; 0: no such path */
    const char *parameter;     /* the segment at "{name}"; points into the path; NULL if there is none */
    size_t parameter_length;
};

/* Finds the row for a decoded path. A path that fits literally does not also fit a "{name}"; a slash at the end makes
 * no difference; HEAD is answered by GET's row. */
struct route_match route_find(enum evhttp_cmd_type method, const char *path);

/* route_takes_body: whether any field may stand in the body. route_stores_password: whether there is a FIELD_PASSWORD.
 * route_uses_password: whether there is one of these or a FIELD_PASSWORD_TRY. */
bool route_takes_body(const struct route *route);
bool route_stores_password(const struct route *route);
bool route_uses_password(const struct route *route);

/* Whether the route's answers may be compressed. */
bool route_compresses(const struct route *route);

/* Prints the table, one row a line, for documentation and tests. */
void routes_print(void);

#endif
