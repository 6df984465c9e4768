/* Cross-origin requests from browsers (the Fetch Standard's CORS protocol). */
#include "shim/http/cors.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *given_header(struct evhttp_request *request, const char *name) {
    struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    return headers != NULL ? evhttp_find_header(headers, name) : NULL;
}

static void add_header(struct evhttp_request *request, const char *name, const char *value) {
    evhttp_add_header(evhttp_request_get_output_headers(request), name, value);
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

bool cors_varies(const struct cors *cors) {
    return strcmp(cors->origins, "*") != 0;
}

void cors_add_headers(const struct cors *cors, struct evhttp_request *request) {
    if (!cors_varies(cors)) {
        add_header(request, "Access-Control-Allow-Origin", "*");
    } else {
        const char *origin = given_header(request, "Origin");
        if (origin == NULL || !is_listed(cors->origins, origin))
            return;
        add_header(request, "Access-Control-Allow-Origin", origin);
        if (cors->allow_credentials)
            add_header(request, "Access-Control-Allow-Credentials", "true");
    }
    add_header(request, "Access-Control-Expose-Headers", "Link, X-Request-Id, Retry-After");
}

bool cors_is_preflight(struct evhttp_request *request) {
    return evhttp_request_get_command(request) == EVHTTP_REQ_OPTIONS &&
           given_header(request, "Access-Control-Request-Method") != NULL;
}

/* A header that was folded may hold line ends, which not every version of evhttp removes. Only a list of names is sent
 * back, so that no client can inject a header. */
static bool is_list(const char *value) {
    static const char list[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz, ";
    return value != NULL && *value != '\0' && value[strspn(value, list)] == '\0';
}

void cors_allow(struct evhttp_request *request, const char *methods) {
    const char *method = given_header(request, "Access-Control-Request-Method");
    const char *headers = given_header(request, "Access-Control-Request-Headers");
    char both[128];

    /* Any method and any header is allowed. From a refused preflight the page learns only that the request failed; from
     * the answer to the request itself it learns 404 or 405. */
    snprintf(both, sizeof both, "%s, %s", methods, is_list(method) ? method : "GET");
    add_header(request, "Access-Control-Allow-Methods", both);
    add_header(request, "Access-Control-Allow-Headers", is_list(headers) ? headers : "Authorization, Content-Type");
    add_header(request, "Access-Control-Max-Age", "86400");
}

static const char *fault_of_port(const char *scheme, size_t scheme_length, const char *port) {
    char *end;
    long number = strtol(port, &end, 10);

    if (*port < '1' || *port > '9' || *end != '\0' || number > 65535)
        return "with a port that is no number from 1 to 65535";
    bool is_default = (scheme_length == 5 && strncmp(scheme, "https", 5) == 0 && number == 443) ||
                      (scheme_length == 4 && strncmp(scheme, "http", 4) == 0 && number == 80);
    return is_default ? "with the port that its scheme has anyway, which browsers leave out" : NULL;
}

/* Whether the text between an origin's brackets is an IPv6 address as browsers write it: like inet_ntop, except that an
 * embedded IPv4 address has no dots. */
static bool is_ipv6(const char *text) {
    char written[INET6_ADDRSTRLEN];
    struct in6_addr address;

    if (strchr(text, '.') != NULL || inet_pton(AF_INET6, text, &address) != 1)
        return false;
    inet_ntop(AF_INET6, &address, written, sizeof written);
    return strchr(written, '.') != NULL || strcmp(text, written) == 0;
}

static const char *fault_of_host(const char *host) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-._";
    const char *last = strrchr(host, '.');
    struct in_addr address;

    if (*host == '\0')
        return "without a host";
    if (host[strspn(host, allowed)] != '\0')
        return "with a character that no host has";
    last = last != NULL ? last + 1 : host;
    /* A host whose last label is a number is an IPv4 address (URL Standard, section 3.5). */
    if (*last != '\0' && last[strspn(last, "0123456789")] == '\0' && inet_pton(AF_INET, host, &address) != 1)
        return "with numbers that are no IPv4 address as browsers write it";
    return NULL;
}

/* Returns what is wrong with one entry as an origin that browsers send (RFC 6454, section 6.2), or NULL. Modifies
 * `origin`. */
static const char *fault_of_origin(char *origin) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789+-.";
    size_t scheme = strspn(origin, letters);

    for (const char *at = origin; *at != '\0'; at++) {
        if (*at >= 'A' && *at <= 'Z')
            return "with capital letters, of which browsers send none";
        if ((unsigned char)*at > 0x7f)
            return "with letters beyond ASCII, which browsers send as xn--...";
    }
    if (strcmp(origin, "null") == 0)
        return "which every sandboxed page has, whoever made it";
    if (strchr(origin, '*') != NULL)
        return "with a *, which stands for any origin, and only alone";
    if (scheme == 0 || strncmp(origin + scheme, "://", 3) != 0)
        return "without a scheme, such as https://";
    char *host = origin + scheme + 3, *port;
    if (strpbrk(host, "/?#") != NULL)
        return "with a slash or more behind host and port, of which browsers send nothing";
    if (*host == '[') {
        char *end = strchr(++host, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return "with brackets that hold no IPv6 address as browsers write it";
        *end = '\0';
        if (!is_ipv6(host))
            return "with brackets that hold no IPv6 address as browsers write it";
        return end[1] == ':' ? fault_of_port(origin, scheme, end + 2) : NULL;
    }
    port = strchr(host, ':');
    if (port != NULL)
        *port++ = '\0';
    const char *fault = fault_of_host(host);
    return fault == NULL && port != NULL ? fault_of_port(origin, scheme, port) : fault;
}

const char *cors_origins_fault(const char *value) {
    static char said[512];

    if (strcmp(value, "*") == 0)
        return NULL;
    while (*value != '\0') {
        value += strspn(value, ", ");
        size_t length = strcspn(value, ", ");
        char *origin = strndup(value, length);
        const char *fault = origin != NULL && length > 0 ? fault_of_origin(origin) : NULL;
        free(origin);
        if (fault != NULL) {
            snprintf(said, sizeof said, "has the entry %.*s, %s", (int)(length < 200 ? length : 200), value, fault);
            return said;
        }
        value += length;
    }
    return NULL;
}
