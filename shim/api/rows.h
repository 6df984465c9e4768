/* Rows of a result as JSON, or as a page, in the shapes that routes answer in. */
#ifndef EVENTHUB_ROWS_H
#define EVENTHUB_ROWS_H

#include <stdbool.h>

#include "db/client/result.h"
#include "db/common/buffer.h"
#include "shim/api/route.h"

/* An answer in the making. */
struct rows {
    struct buffer body;
    size_t count;    /* rows of the last result */
    char cursor[64]; /* the last row's next_cursor; "" if there was none */
    bool complete;   /* all results that the shape wants have come, with a row where it wants one */
};

/* Adds result number `index` of a CALL, as route->shape says; number 0 begins anew. Columns become members of their own
 * names: whole numbers, true and false (a TINYINT), RFC 3339 times, strings, null. A SHAPE_PAGE is page.h's. For
 * SHAPE_TOKEN nothing is done. */
void rows_add(struct rows *rows, const struct route *route, struct db_result *result, unsigned index);

#endif
