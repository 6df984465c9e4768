/* The rows that a CALL returned, read by the MySQL client library. */
#include <mysql.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db/client/result_mysql.h"

struct db_result db_result_of_row(const struct db_result *result, unsigned hidden) {
    struct db_result row = *result;
    row.is_row = true;
    row.is_before_row = true;
    row.hidden = hidden;
    return row;
}

struct db_result db_result_of_part(struct db_result *result, long number, unsigned hidden) {
    return (struct db_result){.set = result->set, .whole = result, .number = number, .hidden = hidden};
}

static bool fetch(struct db_result *result) {
    result->row = mysql_fetch_row(result->set);
    if (result->row != NULL)
        result->lengths = mysql_fetch_lengths(result->set);
    return result->row != NULL;
}

static bool next_of_part(struct db_result *part) {
    struct db_result *whole = part->whole;
    long number;

    /* A reader need not have taken all rows of the part before. */
    do {
        if (!whole->is_ahead && !fetch(whole))
            return false;
        whole->is_ahead = false;
        number = whole->row[0] != NULL ? strtol(whole->row[0], NULL, 10) : 0;
    } while (number < part->number);
    whole->is_ahead = number != part->number;
    part->row = whole->row;
    part->lengths = whole->lengths;
    return !whole->is_ahead;
}

bool db_result_next(struct db_result *result) {
    if (result->whole != NULL)
        return next_of_part(result);
    if (result->is_row) {
        bool there = result->is_before_row;
        result->is_before_row = false;
        return there;
    }
    return fetch(result);
}

size_t db_result_columns(const struct db_result *result) {
    return mysql_num_fields(result->set) - result->hidden;
}

const char *db_result_column_name(const struct db_result *result, size_t index) {
    return index < db_result_columns(result) ? mysql_fetch_fields(result->set)[index + result->hidden].name : "";
}

static enum db_type type_of(enum enum_field_types type) {
    switch (type) {
    case MYSQL_TYPE_TINY:
        return DB_BOOLEAN;
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
        return DB_INTEGER;
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
        return DB_DATETIME;
    default:
        return DB_TEXT;
    }
}

struct db_column db_result_column(const struct db_result *result, size_t index) {
    size_t at = index + result->hidden;
    const MYSQL_FIELD *field = &mysql_fetch_fields(result->set)[at];
    const char *text = result->row[at];

    return (struct db_column){
        .name = field->name,
        .name_length = field->name_length,
        .type = text == NULL ? DB_NULL : type_of(field->type),
        .text = text,
        .length = result->lengths[at],
    };
}

struct db_column db_result_find(const struct db_result *result, const char *name) {
    for (size_t i = 0; i < db_result_columns(result); i++) {
        struct db_column column = db_result_column(result, i);
        if (strcmp(column.name, name) == 0)
            return column;
    }
    return (struct db_column){.type = DB_NULL};
}

int64_t db_column_seconds(const struct db_column *column) {
    /* The server writes YYYY-MM-DD HH:MM:SS and perhaps a fraction, and nothing else. */
    int part[6] = {0};
    size_t at = 0;
    for (size_t i = 0; i < column->length && at < 6; i++) {
        char c = column->text[i];
        if (c >= '0' && c <= '9')
            part[at] = part[at] * 10 + (c - '0');
        else
            at++;
    }
    struct tm utc = {
        .tm_year = part[0] - 1900,
        .tm_mon = part[1] - 1,
        .tm_mday = part[2],
        .tm_hour = part[3],
        .tm_min = part[4],
        .tm_sec = part[5],
    };
    return timegm(&utc);
}
