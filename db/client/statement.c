/* A CALL as SQL text, made so that no argument can become SQL. */
#include "db/client/statement.h"

#include <inttypes.h>
#include <time.h>

static void append_text(struct buffer *sql, const char *bytes, size_t length) {
    static const char digits[] = "0123456789abcdef";

    /* The introducer makes the literal a text; x'...' alone is a binary string, which has no collation. */
    buffer_text(sql, "_utf8mb4 x'");
    char *to = buffer_reserve(sql, 2 * length + 1);
    if (to == NULL)
        return;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        *to++ = digits[byte >> 4];
        *to++ = digits[byte & 15];
    }
    *to = '\'';
    sql->length += 2 * length + 1;
}

static void append_value(struct buffer *sql, const struct db_value *value) {
    struct tm utc;
    time_t seconds;

    switch (value->type) {
    case DB_NULL:
        buffer_text(sql, "NULL");
        break;
    case DB_INTEGER:
    case DB_BOOLEAN:
        buffer_printf(sql, "%" PRId64, value->integer);
        break;
    case DB_DATETIME:
        seconds = (time_t)value->seconds;
        gmtime_r(&seconds, &utc);
        buffer_printf(sql, "'%04d-%02d-%02d %02d:%02d:%02d'", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                      utc.tm_hour, utc.tm_min, utc.tm_sec);
        break;
    case DB_TEXT:
        append_text(sql, value->text.bytes, value->text.length);
        break;
    }
}

void db_statement_call(struct buffer *sql, const char *procedure, const struct db_value *arguments, size_t count) {
    buffer_printf(sql, "CALL %s(", procedure);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_text(sql, ", ");
        append_value(sql, &arguments[i]);
    }
    buffer_text(sql, ")");
}
