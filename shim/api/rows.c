/* Rows of a result as JSON, or as a page, in the shapes that routes answer in. */
#include "shim/api/rows.h"

#include <event2/buffer.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/common/json_out.h"
#include "shim/api/page.h"
#include "shim/api/timestamp.h"

static const char cursor_column[] = "next_cursor";

static void add_value(struct buffer *json, const struct db_column *column) {
    char time[TIMESTAMP_SIZE];

    switch (column->type) {
    case DB_NULL:
        buffer_text(json, "null");
        break;
    case DB_INTEGER:
        buffer_append(json, column->text, column->length);
        break;
    case DB_BOOLEAN:
        buffer_text(json, strcmp(column->text, "0") == 0 ? "false" : "true");
        break;
    case DB_DATETIME: {
        size_t length = timestamp_format(db_column_seconds(column), time);
        json_out_string(json, time, length);
        break;
    }
    case DB_TEXT:
        json_out_string(json, column->text, column->length);
        break;
    }
}

static void set_cursor(struct rows *rows, struct db_column column) {
    snprintf(rows->cursor, sizeof rows->cursor, "%s", column.text ? column.text : "");
}

/* Leaves the object open, because a list may follow as its last member. */
static void add_row(struct rows *rows, const struct db_result *result) {
    const char *separator = "{";

    for (size_t i = 0; i < db_result_columns(result); i++) {
        struct db_column column = db_result_column(result, i);
        if (strcmp(column.name, cursor_column) == 0) {
            set_cursor(rows, column);
            continue;
        }
        buffer_text(&rows->body, separator);
        json_out_string(&rows->body, column.name, column.name_length);
        buffer_append(&rows->body, ":", 1);
        add_value(&rows->body, &column);
        separator = ",";
    }
    rows->count++;
}

static void add_list(struct rows *rows, struct db_result *result) {
    const char *separator = "";

    rows->count = 0;
    buffer_text(&rows->body, "[");
    while (db_result_next(result)) {
        buffer_text(&rows->body, separator);
        add_row(rows, result);
        buffer_text(&rows->body, "}");
        separator = ",";
    }
    buffer_text(&rows->body, "]");
}

void rows_add(struct rows *rows, const struct route *route, struct db_result *result, unsigned index) {
    if (index == 0) {
        buffer_clear(&rows->body);
        buffer_free(&rows->gzip);
        rows->count = 0;
        rows->cursor[0] = '\0';
        rows->complete = false;
        rows->goes_on = false;
    }
    if (route->shape == SHAPE_LIST && index == 0) {
        add_list(rows, result);
        rows->complete = true;
    } else if (route->shape == SHAPE_LIST && index == 1 && db_result_next(result)) {
        set_cursor(rows, db_result_column(result, 0));
        rows->goes_on = true;
    } else if (route->shape == SHAPE_OBJECT && index == 0 && db_result_next(result)) {
        add_row(rows, result);
        buffer_text(&rows->body, "}");
        rows->complete = true;
    } else if (route->shape == SHAPE_PAGE && index == 0 && db_result_next(result)) {
        page_write(&rows->body, result);
        rows->complete = true;
    } else if (route->shape == SHAPE_OBJECT_WITH_LIST && index == 0 && db_result_next(result)) {
        add_row(rows, result);
    } else if (route->shape == SHAPE_OBJECT_WITH_LIST && index == 1 && rows->count == 1) {
        buffer_text(&rows->body, ",");
        json_out_string(&rows->body, route->list_name, strlen(route->list_name));
        buffer_text(&rows->body, ":");
        add_list(rows, result);
        buffer_text(&rows->body, "}");
        rows->complete = true;
    }
}

size_t rows_length(const struct rows *rows) {
    return rows->shared != NULL ? evbuffer_get_length(rows->shared) : rows->body.length;
}

bool rows_compress(struct rows *rows, struct gzip *gzip) {
    size_t length = rows_length(rows);

    if (rows->gzip.length > 0 || rows->shared_gzip != NULL)
        return true;
    if (!rows->complete || length < GZIP_MINIMUM)
        return false;
    const void *bytes = rows->shared != NULL ? evbuffer_pullup(rows->shared, -1) : (void *)rows->body.data;
    return bytes != NULL && gzip_write(gzip, &rows->gzip, bytes, length);
}

void rows_free(struct rows *rows) {
    buffer_free(&rows->body);
    buffer_free(&rows->gzip);
    if (rows->shared != NULL)
        evbuffer_free(rows->shared);
    if (rows->shared_gzip != NULL)
        evbuffer_free(rows->shared_gzip);
}

/* Appends the query's pairs except the cursor, each with "&" behind it. */
static void add_query(struct buffer *link, const struct pairs *query) {
    for (size_t i = 0; i < query->count; i++) {
        const struct pair *pair = &query->pair[i];
        if (strcmp(pair->name, "cursor") == 0)
            continue;
        char *name = evhttp_encode_uri(pair->name);
        char *value = evhttp_uriencode(pair->value, (ev_ssize_t)pair->length, 0);
        if (name != NULL && value != NULL)
            buffer_printf(link, "%s=%s&", name, value);
        free(name);
        free(value);
    }
}

void rows_link_next(const struct rows *rows, int64_t page_size, const char *path, const struct pairs *query,
                    struct buffer *link) {
    if (rows->cursor[0] == '\0' || (!rows->goes_on && (int64_t)rows->count != page_size))
        return;
    buffer_printf(link, "<%s?", path);
    add_query(link, query);
    buffer_printf(link, "cursor=%s>; rel=\"next\"", rows->cursor);
}
