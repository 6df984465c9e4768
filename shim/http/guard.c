/* Refuses requests whose framing evhttp reads differently from RFC 9112: a proxy in front may read it in yet another
 * way, which makes request smuggling possible. */
#include "shim/http/guard.h"

#include <event2/buffer.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const struct problem bad_version = {400, "bad_request", "The version of HTTP is not 1.0 or 1.1"};
static const struct problem bad_header_name = {400, "bad_request", "A header's name is not valid"};
static const struct problem bad_length = {400, "bad_request", "The Content-Length is not one number"};
static const struct problem bad_host = {400, "bad_request", "The request must have one Host header"};
static const struct problem unexpected_body = {400, "bad_request", "This method takes no body"};

/* field-name = 1*tchar (RFC 9110, section 5.6.2) */
static bool is_token(const char *name) {
    static const char tchar[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    return *name != '\0' && name[strspn(name, tchar)] == '\0';
}

static bool is_digits(const char *value) {
    return *value != '\0' && value[strspn(value, "0123456789")] == '\0';
}

const struct problem *guard_check(struct evhttp_request *request) {
    struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    struct evkeyval *header;
    const char *content_length = NULL;
    int lengths = 0, hosts = 0;

    if (request->major != 1)
        return &bad_version;
    for (header = headers->tqh_first; header != NULL; header = header->next.tqe_next) {
        if (!is_token(header->key))
            return &bad_header_name;
        if (strcasecmp(header->key, "Content-Length") == 0) {
            lengths++;
            content_length = header->value;
        } else if (strcasecmp(header->key, "Host") == 0) {
            hosts++;
        } else if (strcasecmp(header->key, "Transfer-Encoding") == 0) {
            /* evhttp accepts invalid chunk sizes ("0x2", "+2") and shows the chunks to nobody. If two parsers disagree
             * about the end of a body, requests can be smuggled. So a Content-Length is required instead (411; RFC
             * 9110, section 15.5.12). */
            return &problem_length_required;
        }
    }
    if (lengths > 1 || (content_length != NULL && !is_digits(content_length)))
        return &bad_length;
    if (hosts > 1 || (hosts == 0 && request->minor >= 1))
        return &bad_host;
    /* For methods without a body evhttp leaves the body on the connection, where it would be read as the next
     * request. */
    if (content_length != NULL && strspn(content_length, "0") != strlen(content_length) &&
        evbuffer_get_length(evhttp_request_get_input_buffer(request)) == 0)
        return &unexpected_body;
    return NULL;
}
