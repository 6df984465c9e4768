/* Rows of a result as JSON, or as a page, in the shapes that routes answer in. */
#ifndef EVENTHUB_ROWS_H
#define EVENTHUB_ROWS_H

#include <event2/buffer.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/client/result.h"
#include "db/common/buffer.h"
#include "shim/api/route.h"
#include "shim/http/pairs.h"

/* An answer in the making. */
struct rows {
    struct buffer body;
    struct evbuffer *shared; /* the body, once it answers several requests; else NULL */
    size_t count;            /* rows of the last result */
    char cursor[64];         /* the last row's next_cursor; "" if there was none */
    bool complete;           /* all results that the shape wants have come, with a row where it wants one */
};

/* Adds result number `index` of a CALL, as route->shape says; number 0 begins anew. Columns become members of their own
 * names: whole numbers, true and false (a TINYINT), RFC 3339 times, strings, null. A SHAPE_PAGE is page.h's. For
 * SHAPE_TOKEN nothing is done. */
void rows_add(struct rows *rows, const struct route *route, struct db_result *result, unsigned index);

void rows_free(struct rows *rows);

/* Writes the value of a Link header (RFC 8288) into `link` if another page may follow, which is so where the rows fill
 * this one; nothing otherwise. It leads to `path` with the query, of which only the cursor is another one. */
void rows_link_next(const struct rows *rows, int64_t page_size, const char *path, const struct pairs *query,
                    struct buffer *link);

#endif
