/* Parameters of a query that are none, and only seem to mean one. */
#ifndef EVENTHUB_QUERY_NAMES_H
#define EVENTHUB_QUERY_NAMES_H

#include "shim/api/faults.h"
#include "shim/api/route.h"
#include "shim/http/pairs.h"

/* Adds a fault for each name that is no parameter of the route but near one, or what others call it: dropped without a
 * word, "page=2" would be the first page for ever. Any other name may stand there, as trackers have theirs. */
void query_names_check(const struct route *route, const struct pairs *query, struct faults *faults);

#endif
