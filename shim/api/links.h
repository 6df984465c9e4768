/* Links to other pages of a list (RFC 8288). */
#ifndef EVENTHUB_LINKS_H
#define EVENTHUB_LINKS_H

#include "db/common/buffer.h"
#include "shim/http/pairs.h"

/* Writes the value of a Link header: the page that begins at `cursor`, by the same path and the rest of the query. */
void link_next(struct buffer *link, const char *path, const struct pairs *query, const char *cursor);

#endif
