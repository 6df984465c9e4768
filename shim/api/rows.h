/* Rows of a result as JSON, or as a page, in the shapes that routes answer in. */
#ifndef EVENTHUB_ROWS_H
#define EVENTHUB_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/client/result.h"
#include "db/common/buffer.h"
#include "shim/api/route.h"
#include "shim/http/gzip.h"
#include "shim/http/pairs.h"

/* The body of an answer, made from the results of a CALL. Empty when zero-initialised. */
struct rows {
    struct buffer body;
    struct buffer gzip; /* the body, compressed; empty if nobody wanted that */
    /* Both, once several requests are answered with them: NULL until then. */
    struct evbuffer *shared;
    struct evbuffer *shared_gzip;
    size_t count;    /* rows of the last result */
    char cursor[64]; /* next_cursor of the last row, or of a second result; "" if there was none */
    bool goes_on;    /* a second result said that more may follow, however short this page is */
    bool complete;   /* all results that the shape wants have come, each with its row if it wants one */
};

/* Adds result number `index` of a CALL in the shape of the route; number 0 drops what an earlier attempt left. Columns
 * become members of the same names: whole numbers, true and false (a TINYINT), RFC 3339 times, strings, null. For
 * SHAPE_PAGE they become an HTML page (page.h), for SHAPE_TOKEN nothing. */
void rows_add(struct rows *rows, const struct route *route, struct db_result *result, unsigned index);

/* The length of the body, shared or not. */
size_t rows_length(const struct rows *rows);

/* Compresses the body, if it is long enough and the rows are complete. Returns whether it is compressed now. */
bool rows_compress(struct rows *rows, struct gzip *gzip);

void rows_free(struct rows *rows);

/* Writes the value of a Link header (RFC 8288) into `link` if another page may follow, which is the case if this one is
 * full or a second result said so; nothing otherwise. The link leads to `path` with the same query, except for the
 * cursor. */
void rows_link_next(const struct rows *rows, int64_t page_size, const char *path, const struct pairs *query,
                    struct buffer *link);

#endif
