/* The body of a request: JSON, or a form where the route takes one. */
#include "shim/http/body.h"

#include <event2/buffer.h>
#include <string.h>
#include <strings.h>

#include "shim/http/json_in.h"

static bool is_media_type(const char *header, const char *type) {
    size_t length = strlen(type);
    return strncasecmp(header, type, length) == 0 && strchr("; \t", header[length]) != NULL;
}

/* Whether the headers name no content coding, and no charset but UTF-8. */
static bool is_plain(struct evkeyvalq *headers, const char *type) {
    const char *encoding = evhttp_find_header(headers, "Content-Encoding");
    const char *charset = type != NULL ? strcasestr(type, "charset=") : NULL;

    if (encoding != NULL && strcasecmp(encoding, "identity") != 0)
        return false;
    if (charset == NULL)
        return true;
    charset += strlen("charset=");
    charset += *charset == '"';
    return strncasecmp(charset, "utf-8", 5) == 0 || strncasecmp(charset, "utf8", 4) == 0;
}

const struct problem *body_read(struct body *body, struct evhttp_request *request, bool takes_form) {
    struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    const char *type = evhttp_find_header(headers, "Content-Type");
    size_t length = evbuffer_get_length(input);

    if (length == 0)
        return NULL;
    if (!is_plain(headers, type))
        return &problem_unsupported_media_type;
    const char *bytes = (const char *)evbuffer_pullup(input, -1);
    if (bytes == NULL)
        return &problem_internal;
    if (type == NULL || is_media_type(type, "application/json"))
        body->fault = json_in_parse(bytes, length, &body->json);
    else if (takes_form && is_media_type(type, "application/x-www-form-urlencoded"))
        body->fault = pairs_parse_urlencoded(&body->form, bytes, length);
    else if (takes_form && is_media_type(type, "multipart/form-data"))
        body->fault = pairs_parse_multipart(&body->form, type, bytes, length);
    else
        return &problem_unsupported_media_type;
    return NULL;
}

void body_free(struct body *body) {
    json_object_put(body->json);
    pairs_free(&body->form);
}
