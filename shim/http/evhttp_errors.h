/* Errors that evhttp raises itself, as problem documents in place of its HTML. */
#ifndef EVENTHUB_EVHTTP_ERRORS_H
#define EVENTHUB_EVHTTP_ERRORS_H

#include "shim/http/reply.h"

/* Answers the errors that evhttp finds itself (a malformed request, a body over the limit) with problem documents, like
 * all other errors. `context` must outlive the server. */
void evhttp_errors_adopt(struct reply_context *context);

#endif
