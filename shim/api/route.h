/* Routes: which procedure answers which request, as rows of one table. */
#ifndef EVENTHUB_ROUTE_H
#define EVENTHUB_ROUTE_H

#include <event2/http.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/client/lane.h"

enum role { ROLE_ANYONE, ROLE_ORGANIZER, ROLE_PARTICIPANT };

/* "organizer" or "participant"; "anyone" is no user's role. */
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
    FIELD_PASSWORD,     /* becomes its hash before the call */
    FIELD_PASSWORD_TRY, /* is checked after the call; no parameter of the procedure */
    FIELD_OUTPUT,       /* of an event as it is read; ignored, so that what was read can be sent back */
};

enum field_flag {
    REQUIRED = 1,
    NULLABLE = 2,      /* JSON's null is as good as leaving it out */
    SKIP_EMPTY = 4,    /* "name=" is as good as leaving it out: a form sends what nobody filled in */
    NULL_IS_EMPTY = 8, /* JSON's null is the empty text */
    BOUND = 16, /* of what is looked for: a time that no event can have is as good as the first or last that one can */
    PAGE_SIZE = 32, /* how many rows a SHAPE_LIST has at most, after which there may be another page */
};

/* A field is the parameter p_<name> of the procedure. */
struct field {
    const char *name;
    const char *also; /* another name that clients use, or NULL */
    unsigned places;
    enum field_type type;
    unsigned flags;
    int64_t minimum;               /* of an integer; both 0: any that 64 bits hold */
    int64_t maximum;               /* of an integer, or of a text's characters, 0: any number */
    int64_t fallback[ROUTE_PATHS]; /* of an integer that is left out, by the path that was asked; 0: NULL */
};

enum shape {
    SHAPE_OBJECT,           /* the one row */
    SHAPE_LIST,             /* an array of the rows; a column next_cursor becomes a Link header after a full page */
    SHAPE_OBJECT_WITH_LIST, /* the one row of the first result and, as its last member, the rows of the second */
    SHAPE_PAGE,             /* the one row as HTML, for people: page.h says by which columns */
    SHAPE_TOKEN,            /* find_credentials' row, if the password is right, as a bearer token */
};

struct route {
    enum evhttp_cmd_type method;
    const char *paths[ROUTE_PATHS]; /* "{name}" is a segment that is the field `name` */
    enum role role;                 /* the actor's id is the procedure's first parameter, except for anyone */
    const char *procedure;
    bool read_only; /* the procedure changes nothing: it may be sent twice */
    bool watched;   /* asked all the time: that it fails as before is not logged again */
    enum db_lane lane;
    const char
        *check_procedure;       /* looks at what stands in query and body, the password apart; NULL: nothing is to be */
    const char *list_procedure; /* of DB_LANE_GROUPED: does the same for a list; what the first field names is locked */
    bool takes_form;
    struct field
        fields[ROUTE_FIELDS]; /* in the order of the procedure's parameters; ends at the first without a name */
    int status;               /* of success */
    enum shape shape;
    const char *list_name; /* of SHAPE_OBJECT_WITH_LIST */
};

extern const struct route routes[];
extern const size_t route_count;

struct route_match {
    const struct route *route; /* NULL: no row has this method */
    size_t path;               /* which of its paths */
    unsigned methods;          /* those that the path knows, bits of evhttp_cmd_type; 0: the path is unknown */
    const char *parameter;     /* the segment that stands for "{name}", within the path; NULL if there is none */
    size_t parameter_length;
};

/* Finds the row for a decoded path. Where a path fits literally it does not also count as an "{id}"; a slash at its end
 * makes no difference; HEAD is answered by GET's row. */
struct route_match route_find(enum evhttp_cmd_type method, const char *path);

/* Whether a body can say anything to the route; and whether the route stores a password, or tries or stores one. */
bool route_takes_body(const struct route *route);
bool route_stores_password(const struct route *route);
bool route_uses_password(const struct route *route);

/* Prints the table, one row a line, for documentation and tests. */
void routes_print(void);

#endif
