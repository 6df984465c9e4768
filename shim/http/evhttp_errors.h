/* Errors that evhttp raises itself, as problem documents in place of its HTML. */
#ifndef EVENTHUB_EVHTTP_ERRORS_H
#define EVENTHUB_EVHTTP_ERRORS_H

#include "shim/api/exchange.h"

/* Makes evhttp's own errors (a malformed request, a body over the limit) answers like all others. `context` must
 * outlive the server. */
void evhttp_errors_adopt(struct exchange_context *context);

#endif
