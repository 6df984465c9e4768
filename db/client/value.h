/* Values that pass between C and SQL, with their types. */
#ifndef EVENTHUB_DB_VALUE_H
#define EVENTHUB_DB_VALUE_H

#include <stddef.h>
#include <stdint.h>

enum db_type {
    DB_NULL,
    DB_INTEGER,  /* any whole number up to 64 bits, signed or not */
    DB_BOOLEAN,  /* a TINYINT; only in results */
    DB_DATETIME, /* UTC, whole seconds */
    DB_TEXT,     /* UTF-8; in results also any type that is none of the others */
};

/* An argument. Its text stays the caller's and has to live until the call is over. */
struct db_value {
    enum db_type type;
    union {
        int64_t integer;
        int64_t seconds; /* of a DB_DATETIME, since 1970-01-01T00:00:00Z */
        struct {
            const char *bytes;
            size_t length;
        } text;
    };
};

#endif
