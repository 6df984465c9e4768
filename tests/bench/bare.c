/* An evhttp server that does nothing but answer everything with the same bytes: what the shim's reads are measured by.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { LONGEST_SECONDS = 900 }; /* in case nobody is left to stop it */

struct constant {
    const char *content_type;
    char *bytes;
    size_t length;
};

static void die(const char *what) {
    fprintf(stderr, "bare: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void answer(struct evhttp_request *request, void *argument) {
    const struct constant *constant = argument;
    struct evbuffer *out = evhttp_request_get_output_buffer(request);

    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", constant->content_type);
    evbuffer_add_reference(out, constant->bytes, constant->length, NULL, NULL);
    evhttp_send_reply(request, 200, "OK", NULL);
}

static void stop(evutil_socket_t signal, short what, void *base) {
    (void)signal;
    (void)what;
    event_base_loopbreak(base);
}

static struct constant read_file(const char *path, const char *content_type) {
    struct constant constant = {.content_type = content_type};
    FILE *file = fopen(path, "rb");

    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        die(path);
    long length = ftell(file);
    if (length < 0 || fseek(file, 0, SEEK_SET) != 0)
        die(path);
    constant.bytes = malloc((size_t)length + 1);
    if (constant.bytes == NULL || fread(constant.bytes, 1, (size_t)length, file) != (size_t)length)
        die(path);
    constant.length = (size_t)length;
    (void)fclose(file); /* it was only read */
    return constant;
}

static unsigned bound_port(evutil_socket_t fd) {
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;

    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        die("getsockname");
    return ntohs(address.sin_port);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: bare CONTENT-TYPE FILE\n");
        return 2;
    }
    struct constant constant = read_file(argv[2], argv[1]);
    struct event_base *base = event_base_new();
    struct evhttp *http = base != NULL ? evhttp_new(base) : NULL;
    if (http == NULL)
        die("evhttp_new");
    evhttp_set_gencb(http, answer, &constant);
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
    if (bound == NULL)
        die("cannot listen on 127.0.0.1");
    struct event *term = evsignal_new(base, SIGTERM, stop, base);
    if (term == NULL || event_add(term, NULL) != 0)
        die("SIGTERM");
    printf("port %u\n", bound_port(evhttp_bound_socket_get_fd(bound)));
    fflush(stdout);
    event_base_loopexit(base, &(struct timeval){.tv_sec = LONGEST_SECONDS});
    event_base_dispatch(base);
    event_free(term);
    evhttp_free(http);
    event_base_free(base);
    free(constant.bytes);
    return 0;
}
