/* Parameters of a query that the route does not know but the client seems to expect. */
#ifndef EVENTHUB_QUERY_NAMES_H
#define EVENTHUB_QUERY_NAMES_H

#include "shim/api/faults.h"
#include "shim/api/route.h"
#include "shim/http/pairs.h"

/* Adds a fault for each unknown name that is close to one of the route's parameters, or is what other services call it:
 * if "page=2" were ignored, the client would get the first page for ever. Other unknown names are allowed, because
 * trackers add theirs. */
void query_names_check(const struct route *route, const struct pairs *query, struct faults *faults);

#endif
