/* The methods of HTTP by their names. */
#include "shim/http/method.h"

#include <stdio.h>

static const struct {
    enum evhttp_cmd_type method;
    const char *name;
} names[] = {
    {EVHTTP_REQ_GET, "GET"},       {EVHTTP_REQ_POST, "POST"},   {EVHTTP_REQ_PUT, "PUT"},
    {EVHTTP_REQ_DELETE, "DELETE"}, {EVHTTP_REQ_HEAD, "HEAD"},   {EVHTTP_REQ_OPTIONS, "OPTIONS"},
    {EVHTTP_REQ_PATCH, "PATCH"},   {EVHTTP_REQ_TRACE, "TRACE"}, {EVHTTP_REQ_CONNECT, "CONNECT"},
};

const char *method_name(enum evhttp_cmd_type method) {
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].method == method)
            return names[i].name;
    }
    return "-";
}

void method_list(unsigned methods, char *text, size_t size) {
    size_t length = 0;

    text[0] = '\0';
    for (unsigned method = 1; method <= EVHTTP_REQ_PATCH; method <<= 1) {
        if ((methods & method) && length < size)
            length += (size_t)snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "",
                                       method_name((enum evhttp_cmd_type)method));
    }
}
