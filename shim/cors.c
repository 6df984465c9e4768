/* Cross-origin requests from browsers (the Fetch Standard's CORS protocol). */
#include "cors.h"

#include <string.h>

static const char *request_header(const struct reply *reply, const char *name) {
    struct evkeyvalq *headers = evhttp_request_get_input_headers(reply->request);
    return headers != NULL ? evhttp_find_header(headers, name) : NULL;
}

static bool is_listed(const char *list, const char *origin) {
    size_t length = strlen(origin);
    while (*list != '\0') {
        list += strspn(list, ", ");
        size_t entry = strcspn(list, ", ");
        if (entry == length && length > 0 && memcmp(list, origin, length) == 0)
            return true;
        list += entry;
    }
    return false;
}

void cors_add_headers(struct reply *reply) {
    if (strcmp(reply->context->allowed_origins, "*") == 0) {
        reply_header(reply, "Access-Control-Allow-Origin", "*");
    } else {
        const char *origin = request_header(reply, "Origin");
        /* Always: a cache must not give one origin the answer that another one got. */
        reply_header(reply, "Vary", "Origin");
        if (origin == NULL || !is_listed(reply->context->allowed_origins, origin))
            return;
        reply_header(reply, "Access-Control-Allow-Origin", origin);
    }
    reply_header(reply, "Access-Control-Expose-Headers", "Link, X-Request-Id, Retry-After");
}

bool cors_preflight(struct reply *reply, const char *methods) {
    if (request_header(reply, "Access-Control-Request-Method") == NULL)
        return false;
    const char *wanted = request_header(reply, "Access-Control-Request-Headers");
    reply_header(reply, "Access-Control-Allow-Methods", methods);
    /* A header that we do not know does no harm, so whatever is asked for is allowed; but it goes back only if it is a
     * list of names: a folded header may hold line ends, and not every evhttp takes them out. */
    static const char list[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz, ";
    bool is_list = wanted != NULL && wanted[strspn(wanted, list)] == '\0';
    reply_header(reply, "Access-Control-Allow-Headers", is_list ? wanted : "Authorization, Content-Type");
    reply_header(reply, "Access-Control-Max-Age", "86400");
    return true;
}
