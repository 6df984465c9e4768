/* Sending an answer: status, headers, body, and the line in the log. */
#include "shim/http/reply.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/common/clock.h"
#include "shim/http/connections.h"
#include "shim/http/method.h"
#include "shim/http/problem.h"
#include "shim/http/turn.h"

void reply_context_init(struct reply_context *context) {
    unsigned char random[8];

    randombytes_buf(random, sizeof random);
    sodium_bin2hex(context->id_prefix, sizeof context->id_prefix, random, sizeof random);
    randombytes_buf(&context->seed, sizeof context->seed);
}

void reply_begin(struct reply *reply, struct evhttp_request *request, struct reply_context *context) {
    static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-";
    struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    const char *given = headers != NULL ? evhttp_find_header(headers, "X-Request-Id") : NULL;

    reply->request = request;
    reply->context = context;
    reply->ends_connection = false;
    reply->varies_by_encoding = false;
    reply->began_us = clock_us();
    size_t length = given != NULL ? strspn(given, allowed) : 0;
    if (length > 0 && given[length] == '\0' && length < sizeof reply->request_id) {
        memcpy(reply->request_id, given, length + 1);
    } else {
        uint32_t count = htonl(context->id_count++);
        char *end = stpcpy(reply->request_id, context->id_prefix);
        sodium_bin2hex(end, 2 * sizeof count + 1, (const unsigned char *)&count, sizeof count);
    }
}

void reply_header(struct reply *reply, const char *name, const char *value) {
    evhttp_add_header(evhttp_request_get_output_headers(reply->request), name, value);
}

void reply_encoding(struct reply *reply, bool is_gzip) {
    reply->varies_by_encoding = true;
    if (is_gzip)
        reply_header(reply, "Content-Encoding", "gzip");
}

/* In one line, because some caches look at one line only. */
static void add_vary(struct reply *reply) {
    bool by_origin = cors_varies(&reply->context->cors);

    if (by_origin && reply->varies_by_encoding)
        reply_header(reply, "Vary", "Origin, Accept-Encoding");
    else if (by_origin || reply->varies_by_encoding)
        reply_header(reply, "Vary", by_origin ? "Origin" : "Accept-Encoding");
}

void reply_retry_after(struct reply *reply) {
    char seconds[12];

    snprintf(seconds, sizeof seconds, "%d", 1 + rand_r(&reply->context->seed) % LONGEST_RETRY);
    reply_header(reply, "Retry-After", seconds);
}

enum {
    MAX_LOGGED_PATH = 512,
    MAX_LOGGED_SEGMENT = 36, /* the length of a UUID; no segment of our paths has a longer name */
};

static void free_body(const void *data, size_t length, void *argument) {
    (void)length;
    (void)argument;
    free((void *)(uintptr_t)data);
}

/* printf would take longer than everything else that makes up the line. */
static char *write_number(char *to, uint64_t number) {
    char digits[20];
    size_t count = 0;

    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0)
        *to++ = digits[--count];
    return to;
}

/* Writes the path, with "..." for each long segment: that may be the token of a link, even if no route takes the
 * request. */
static char *write_path(char *to, const char *path) {
    const char *end = to + MAX_LOGGED_PATH;

    while (*path != '\0' && to < end) {
        size_t length = strcspn(path, "/");
        size_t room = (size_t)(end - to);
        if (length > MAX_LOGGED_SEGMENT)
            to = mempcpy(to, "...", room < 3 ? room : 3);
        else
            to = mempcpy(to, path, length < room ? length : room);
        path += length;
        if (*path == '/' && to < end)
            *to++ = *path++;
    }
    return to;
}

/* Logs only the path of the target, because clients put secrets into its query and in front of its host. */
static void log_request(const struct reply *reply, int status) {
    char text[MAX_LOGGED_PATH + REQUEST_ID_SIZE + 128], *line = text;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(reply->request);
    const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
    if (path == NULL || *path == '\0')
        path = "-";
    line = stpcpy(line, "request method=");
    line = stpcpy(line, method_name(evhttp_request_get_command(reply->request)));
    line = stpcpy(line, " path=");
    line = write_path(line, path);
    line = stpcpy(line, " status=");
    line = write_number(line, (uint64_t)status);
    line = stpcpy(line, " us=");
    line = write_number(line, (uint64_t)(clock_us() - reply->began_us));
    line = stpcpy(line, " id=");
    line = stpcpy(line, reply->request_id);
    turn_log(reply->context->turn, text, (size_t)(line - text));
}

/* Whether the method gets no body. evhttp sends neither body nor Content-Length to HEAD and CONNECT. HEAD is told the
 * length of the answer to GET (RFC 9110, section 9.3.2); for CONNECT it is 0. */
static bool is_without_body(struct reply *reply, size_t bytes) {
    enum evhttp_cmd_type method = evhttp_request_get_command(reply->request);
    char length[24];

    if (method != EVHTTP_REQ_HEAD && method != EVHTTP_REQ_CONNECT)
        return false;
    snprintf(length, sizeof length, "%zu", method == EVHTTP_REQ_HEAD ? bytes : 0);
    reply_header(reply, "Content-Length", length);
    return true;
}

void reply_ends_connection(struct reply *reply) {
    reply->ends_connection = true;
    connections_ending(reply->context->connections, reply->request);
}

/* Sends the answer with the request's output buffer as its body. */
static void send_out(struct reply *reply, int status, const char *content_type) {
    if (reply->ends_connection || reply->context->stopping)
        reply_header(reply, "Connection", "close");
    if (content_type != NULL)
        reply_header(reply, "Content-Type", content_type);
    reply_header(reply, "X-Request-Id", reply->request_id);
    reply_header(reply, "X-Content-Type-Options", "nosniff");
    cors_add_headers(&reply->context->cors, reply->request);
    add_vary(reply);
    log_request(reply, status);
    connections_answering(reply->context->connections, reply->request,
                          evbuffer_get_length(evhttp_request_get_output_buffer(reply->request)));
    evhttp_send_reply(reply->request, status, problem_title(status), NULL);
}

/* Moves the body to the end of `out`, without copying it. */
static bool move_body(struct evbuffer *out, struct buffer *body) {
    if (evbuffer_add_reference(out, body->data, body->length, free_body, NULL) != 0)
        return false;
    *body = (struct buffer){0};
    return true;
}

void reply_send(struct reply *reply, int status, const char *content_type, struct buffer *body) {
    bool good = body == NULL || !body->failed;
    size_t length = body != NULL && good ? body->length : 0;

    if (!is_without_body(reply, length) && length > 0)
        good = move_body(evhttp_request_get_output_buffer(reply->request), body);
    send_out(reply, good ? status : 500, content_type);
}

struct evbuffer *reply_share(struct buffer *body) {
    struct evbuffer *shared = body->failed ? NULL : evbuffer_new();
    if (shared != NULL && body->length > 0 && !move_body(shared, body)) {
        evbuffer_free(shared);
        return NULL;
    }
    return shared;
}

void reply_send_shared(struct reply *reply, int status, const char *content_type, struct evbuffer *body) {
    size_t length = evbuffer_get_length(body);

    if (!is_without_body(reply, length) && length > 0 &&
        evbuffer_add_buffer_reference(evhttp_request_get_output_buffer(reply->request), body) != 0)
        status = 500;
    send_out(reply, status, content_type);
}
