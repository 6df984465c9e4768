/* The sockets that this server listens on: one that it opens, or those that systemd hands over (sd_listen_fds(3)). */
#include "shim/http/listeners.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/common/log.h"

enum {
    BACKLOG = 1024,
    FIRST_GIVEN = 3, /* SD_LISTEN_FDS_START */
    MOST = 16,
};

struct listeners {
    struct evhttp *http;
    size_t count;
    bool given; /* by systemd */
    struct {
        struct evconnlistener *listener;
        struct evhttp_bound_socket *bound;
    } each[MOST];
};

/* The number in `text`, from 1 to `most`; -1 if it is not such a number. */
static long number_of(const char *text, long most) {
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    return *text == '\0' || *end != '\0' || errno != 0 || number < 1 || number > most ? -1 : number;
}

/* How many sockets systemd hands over to this process; -1, with the fault logged, if the variables are malformed. */
static long count_given(void) {
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");

    if (pid == NULL && fds == NULL)
        return 0;
    long number = pid != NULL ? number_of(pid, 1L << 30) : -1;
    if (number < 0) {
        log_error("LISTEN_PID is \"%s\", which is no process. Leave LISTEN_PID and LISTEN_FDS to systemd.",
                  pid != NULL ? pid : "");
        return -1;
    }
    /* They are meant for another process, which has started this one. */
    if (number != getpid())
        return 0;
    long count = fds != NULL ? number_of(fds, MOST) : -1;
    if (count < 0)
        log_error(
            "LISTEN_FDS is \"%s\", which is no number of sockets from 1 to %d. See the socket unit of this service.",
            fds != NULL ? fds : "", MOST);
    return count;
}

static const char *fault_of(int fd) {
    struct stat status;
    struct sockaddr_storage address = {0};
    int type = 0, accepts = 0;
    socklen_t size = sizeof type;

    if (fstat(fd, &status) != 0)
        return "is not open";
    if (!S_ISSOCK(status.st_mode))
        return "is no socket";
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM)
        return "is no stream socket (ListenStream=)";
    size = sizeof accepts;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) != 0 || accepts == 0)
        return "does not listen: it is a connection (Accept=no is wanted)";
    size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
        (address.ss_family != AF_INET && address.ss_family != AF_INET6))
        return "is of another kind than TCP";
    return NULL;
}

static bool add(struct listeners *listeners, struct evconnlistener *listener) {
    if (listener == NULL)
        return false;
    struct evhttp_bound_socket *bound = evhttp_bind_listener(listeners->http, listener);
    if (bound == NULL) {
        evconnlistener_free(listener);
        return false;
    }
    listeners->each[listeners->count].listener = listener;
    listeners->each[listeners->count++].bound = bound;
    return true;
}

static bool take_given(struct listeners *listeners, struct event_base *base, int count) {
    bool good = true;

    listeners->given = true;
    for (int fd = FIRST_GIVEN; fd < FIRST_GIVEN + count; fd++) {
        const char *fault = fault_of(fd);
        if (fault != NULL) {
            log_error("descriptor %d, handed over by LISTEN_FDS, %s. See the socket unit of this service.", fd, fault);
            good = false;
            continue;
        }
        /* systemd's sockets block, and a blocking accept(2) would stop the event loop until somebody connects. */
        if (evutil_make_socket_nonblocking(fd) != 0 || evutil_make_socket_closeonexec(fd) != 0 ||
            !add(listeners, evconnlistener_new(base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE, 0, fd)))
            good = false;
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return good;
}

static bool bind_one(struct listeners *listeners, struct event_base *base, const struct listeners_options *options) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *address;
    char port[8];

    snprintf(port, sizeof port, "%ld", options->port);
    int error = getaddrinfo(options->host, port, &hints, &address);
    if (error != 0) {
        log_error("HOST is %s, which is no address: %s", options->host, gai_strerror(error));
        return false;
    }
    unsigned flags = LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC;
    if (options->reuse_port)
        flags |= LEV_OPT_REUSEABLE_PORT;
    struct evconnlistener *listener =
        evconnlistener_new_bind(base, NULL, NULL, flags, BACKLOG, address->ai_addr, (int)address->ai_addrlen);
    error = errno;
    freeaddrinfo(address);
    if (listener == NULL)
        log_error("cannot listen on %s port %s: %s. Set HOST and PORT to an address that is free.", options->host, port,
                  strerror(error));
    return add(listeners, listener);
}

struct listeners *listeners_open(struct event_base *base, struct evhttp *http,
                                 const struct listeners_options *options) {
    struct listeners *listeners = calloc(1, sizeof *listeners);
    if (listeners == NULL)
        return NULL;
    listeners->http = http;
    long given = count_given();
    if (given < 0 || !(given > 0 ? take_given(listeners, base, (int)given) : bind_one(listeners, base, options))) {
        listeners_free(listeners);
        return NULL;
    }
    return listeners;
}

void listeners_enable(struct listeners *listeners, bool enable) {
    for (size_t i = 0; i < listeners->count; i++) {
        if (enable)
            evconnlistener_enable(listeners->each[i].listener);
        else
            evconnlistener_disable(listeners->each[i].listener);
    }
}

void listeners_close(struct listeners *listeners) {
    while (listeners->count > 0)
        evhttp_del_accept_socket(listeners->http, listeners->each[--listeners->count].bound);
}

void listeners_log(const struct listeners *listeners) {
    for (size_t i = 0; i < listeners->count; i++) {
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        char host[NI_MAXHOST] = "?", port[NI_MAXSERV] = "?";
        int fd = evconnlistener_get_fd(listeners->each[i].listener);

        if (getsockname(fd, (struct sockaddr *)&address, &size) == 0)
            getnameinfo((struct sockaddr *)&address, size, host, sizeof host, port, sizeof port,
                        NI_NUMERICHOST | NI_NUMERICSERV);
        log_info("listening on %s port %s%s", host, port,
                 listeners->given ? ", a socket that was handed over; HOST and PORT are not used" : "");
    }
}

void listeners_free(struct listeners *listeners) {
    if (listeners == NULL)
        return;
    listeners_close(listeners);
    free(listeners);
}
