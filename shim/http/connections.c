/* Limits that evhttp lacks: how many connections are open, how long a request may take to arrive, how much input is
 * buffered, and how many bytes of answers wait to be read. */
#include "shim/http/connections.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_struct.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "db/common/clock.h"
#include "db/common/log.h"

enum {
    LINGER_SECONDS = 2,    /* a client that was refused while sending, and is silent for so long, has read the answer */
    PATIENCE_US = 1000000, /* of clients, before it is looked whether they have left */
    LOOKED_AT = 256,       /* connections that one poll(2) looks at */
};

/* evhttp reports the end of a connection only if a request has arrived on it. So each connection holds a reference to
 * its bufferevent, and a timer looks at all of them once a second: evhttp no longer uses one that has no callbacks. The
 * reference keeps the socket open until then, so that no new connection gets the same descriptor. */
struct connection {
    struct connections *all;
    struct bufferevent *stream;
    evutil_socket_t fd;           /* -1 until the first byte */
    int64_t due_us;               /* deadline for the client to send or to read; 0: none */
    bool busy;                    /* from the arrival of a request until its answer is sent */
    int64_t arrived_us;           /* when that request did */
    void (*left)(void *argument); /* to be called if its client leaves; NULL: nothing */
    void *left_argument;
    size_t unread;      /* length of the answer that is being sent */
    bool has_answer;    /* it is in `outgoing` */
    bool ends;          /* it ends with its answer, although the client may still be sending */
    struct event *rest; /* reads what the client still sends (lingering close); NULL: evhttp has the connection */
    LIST_ENTRY(connection) link;
    TAILQ_ENTRY(connection) out;
};

struct connections {
    struct connections_options options;
    struct event_base *base;
    struct listeners *listeners;
    struct event *sweep;
    LIST_HEAD(, connection) list;
    TAILQ_HEAD(, connection) outgoing; /* those that connections_send sends on */
    size_t count;
    size_t unread;
    bool full;
    size_t fd_count;
    struct connection *by_fd[];
};

static int64_t deadline(const struct connections *all) {
    return clock_us() + all->options.deadline_seconds * 1000000;
}

/* The first byte of a request starts its deadline. */
static void input_changed(struct evbuffer *input, const struct evbuffer_cb_info *info, void *argument) {
    struct connection *connection = argument;
    struct connections *all = connection->all;

    (void)input;
    if (info->n_added == 0)
        return;
    if (connection->fd < 0) {
        connection->fd = bufferevent_getfd(connection->stream);
        if (connection->fd >= 0 && (size_t)connection->fd < all->fd_count)
            all->by_fd[connection->fd] = connection;
        /* Nagle's algorithm (RFC 896) would hold the end of a long answer back until the client has acknowledged the
         * rest. */
        if (connection->fd >= 0)
            setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    }
    if (connection->due_us == 0 && !connection->busy)
        connection->due_us = deadline(all);
}

static bool is_gone(const struct connection *connection) {
    bufferevent_data_cb read, write;
    bufferevent_event_cb event;

    bufferevent_getcb(connection->stream, &read, &write, &event, NULL);
    return read == NULL && write == NULL && event == NULL;
}

static void forget(struct connections *all, struct connection *connection) {
    if (connection->fd >= 0 && (size_t)connection->fd < all->fd_count && all->by_fd[connection->fd] == connection)
        all->by_fd[connection->fd] = NULL;
    evbuffer_remove_cb(bufferevent_get_input(connection->stream), input_changed, connection);
    LIST_REMOVE(connection, link);
    if (connection->has_answer)
        TAILQ_REMOVE(&all->outgoing, connection, out);
    if (connection->rest != NULL)
        event_free(connection->rest);
    bufferevent_decref(connection->stream);
    all->unread -= connection->unread;
    all->count--;
    free(connection);
}

static void accept_again(struct connections *all) {
    if (all->full && all->count < all->options.limit) {
        all->full = false;
        listeners_enable(all->listeners, true);
    }
}

static void sweep(struct connections *all) {
    int64_t now = clock_us();
    struct connection *next;

    for (struct connection *connection = LIST_FIRST(&all->list); connection != NULL; connection = next) {
        next = LIST_NEXT(connection, link);
        if (connection->rest != NULL ? now > connection->due_us : is_gone(connection))
            forget(all, connection);
        else if (connection->rest != NULL)
            continue;
        else if (connection->due_us != 0 && now > connection->due_us)
            /* evhttp sees the end of the stream and frees its connection. */
            shutdown(bufferevent_getfd(connection->stream), SHUT_RDWR);
    }
    accept_again(all);
}

/* Tells those of the connections whose clients have closed them, or their sending side. */
static void tell_leavers(const struct connections *all, struct pollfd *looked_at, size_t count) {
    int left = poll(looked_at, count, 0);

    for (size_t i = 0; left > 0 && i < count; i++) {
        struct connection *connection = all->by_fd[looked_at[i].fd];
        if (looked_at[i].revents == 0)
            continue;
        left--;
        connection->left(connection->left_argument);
        connection->left = NULL;
    }
}

static void look_for_leavers(const struct connections *all) {
    struct pollfd looked_at[LOOKED_AT];
    const int64_t before = clock_us() - PATIENCE_US;
    size_t count = 0;

    for (const struct connection *connection = LIST_FIRST(&all->list); connection != NULL;
         connection = LIST_NEXT(connection, link)) {
        if (connection->left == NULL || connection->arrived_us > before)
            continue;
        looked_at[count++] = (struct pollfd){.fd = connection->fd, .events = POLLRDHUP};
        if (count == LOOKED_AT) {
            tell_leavers(all, looked_at, count);
            count = 0;
        }
    }
    tell_leavers(all, looked_at, count);
}

static void sweep_timer(evutil_socket_t fd, short what, void *argument) {
    (void)fd;
    (void)what;
    sweep(argument);
    look_for_leavers(argument);
}

/* evhttp asks for a bufferevent for each connection that it is about to take. */
static struct bufferevent *accept_connection(struct event_base *base, void *argument) {
    struct connections *all = argument;
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        return NULL;
    connection->stream = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (connection->stream == NULL) {
        free(connection);
        return NULL;
    }
    /* Backpressure: while evhttp sends an answer it goes on reading, and would buffer all that the client sends. */
    bufferevent_setwatermark(connection->stream, EV_READ, 0, all->options.input_bytes);
    bufferevent_incref(connection->stream);
    evbuffer_add_cb(bufferevent_get_input(connection->stream), input_changed, connection);
    connection->all = all;
    connection->fd = -1;
    LIST_INSERT_HEAD(&all->list, connection, link);
    if (++all->count >= all->options.limit && !all->full) {
        all->full = true;
        listeners_enable(all->listeners, false);
    }
    return connection->stream;
}

struct connections *connections_new(struct event_base *base, struct evhttp *http, struct listeners *listeners,
                                    const struct connections_options *options) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return NULL;
    /* The soft limit is low to protect programs that use select(2). This one does not. */
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0 && getrlimit(RLIMIT_NOFILE, &files) != 0)
        return NULL;
    size_t fd_count = files.rlim_cur < 1 << 20 ? (size_t)files.rlim_cur : 1 << 20;
    struct connections *all = calloc(1, sizeof *all + fd_count * sizeof(struct connection *));
    if (all == NULL)
        return NULL;
    all->options = *options;
    all->base = base;
    TAILQ_INIT(&all->outgoing);
    size_t room = fd_count > options->reserved_files ? fd_count - options->reserved_files : 1;
    if (options->limit > room) {
        log_error("MAX_CONNECTIONS is lowered to %zu: the process may open %zu files", room, fd_count);
        all->options.limit = room;
    }
    all->listeners = listeners;
    all->fd_count = fd_count;
    all->sweep = event_new(base, -1, EV_PERSIST, sweep_timer, all);
    const struct timeval second = {.tv_sec = 1};
    if (all->sweep == NULL || event_add(all->sweep, &second) != 0) {
        connections_free(all);
        return NULL;
    }
    evhttp_set_bevcb(http, accept_connection, all);
    return all;
}

void connections_stop(struct connections *all) {
    if (all == NULL || all->sweep == NULL)
        return;
    all->full = false;
    event_free(all->sweep);
    all->sweep = NULL;
}

void connections_free(struct connections *all) {
    if (all == NULL)
        return;
    connections_stop(all);
    struct connection *next;
    for (struct connection *connection = LIST_FIRST(&all->list); connection != NULL; connection = next) {
        next = LIST_NEXT(connection, link);
        forget(all, connection);
    }
    free(all);
}

static struct connection *find(const struct connections *all, struct evhttp_request *request) {
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    evutil_socket_t fd =
        connection != NULL ? bufferevent_getfd(evhttp_connection_get_bufferevent(connection)) : (evutil_socket_t)-1;
    return fd >= 0 && (size_t)fd < all->fd_count ? all->by_fd[fd] : NULL;
}

static void end(struct connection *connection) {
    struct connections *all = connection->all;

    forget(all, connection);
    if (all->sweep != NULL)
        accept_again(all);
}

static void drop_rest(evutil_socket_t fd, short what, void *argument) {
    static char nowhere[64 * 1024];
    ssize_t got = what & EV_TIMEOUT ? 0 : read(fd, nowhere, sizeof nowhere);

    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        end(argument);
}

/* Lingering close (RFC 9112, section 9.6): closing a socket with unread input resets the connection, and the client may
 * lose the answer before it has read it. So what the client still sends is read and dropped, until it ends, is silent
 * for LINGER_SECONDS, or has had the time of a request. evhttp, which is about to free the connection, only shuts down
 * the sending side. */
static bool begin_dropping(struct connection *connection) {
    const struct timeval silence = {.tv_sec = LINGER_SECONDS};

    bufferevent_disable(connection->stream, EV_READ | EV_WRITE);
    connection->left = NULL;
    connection->due_us = deadline(connection->all);
    connection->rest = event_new(connection->all->base, connection->fd, EV_READ | EV_PERSIST, drop_rest, connection);
    return connection->rest != NULL && event_add(connection->rest, &silence) == 0;
}

static void closed(struct evhttp_connection *stream, void *argument) {
    struct connection *connection = argument;
    (void)stream;
    if (!connection->ends || !begin_dropping(connection))
        end(connection);
}

void connections_arrived(struct connections *all, struct evhttp_request *request) {
    struct connection *connection = find(all, request);
    if (connection != NULL) {
        connection->due_us = 0;
        connection->busy = true;
        connection->arrived_us = clock_us();
        evhttp_connection_set_closecb(evhttp_request_get_connection(request), closed, connection);
    }
}

static void answered(struct evhttp_request *request, void *argument) {
    struct connection *connection = argument;
    (void)request;
    connection->due_us = 0;
    connection->busy = false;
    connection->all->unread -= connection->unread;
    connection->unread = 0;
}

void connections_answering(struct connections *all, struct evhttp_request *request, size_t bytes) {
    struct connection *connection = find(all, request);
    if (connection != NULL) {
        connection->due_us = deadline(all);
        connection->left = NULL;
        all->unread += bytes - connection->unread;
        connection->unread = bytes;
        evhttp_request_set_on_complete_cb(request, answered, connection);
    }
}

void connections_on_leaving(struct connections *all, struct evhttp_request *request, void (*left)(void *argument),
                            void *argument) {
    struct connection *connection = find(all, request);
    if (connection != NULL) {
        connection->left = left;
        connection->left_argument = argument;
    }
}

void connections_ending(struct connections *all, struct evhttp_request *request) {
    struct connection *connection = find(all, request);
    if (connection != NULL) {
        connection->ends = true;
        evhttp_connection_set_closecb(evhttp_request_get_connection(request), closed, connection);
    }
}

void connections_send_soon(struct connections *all, struct evhttp_request *request) {
    struct connection *connection = find(all, request);
    if (connection != NULL && !connection->has_answer) {
        connection->has_answer = true;
        TAILQ_INSERT_TAIL(&all->outgoing, connection, out);
    }
}

/* A bufferevent would first ask the kernel whether the socket is writable, which costs an iteration of the event loop
 * and two system calls; nearly always it is. An error is left to the bufferevent, which meets it when it tries to send
 * the rest. */
static void send_now(struct bufferevent *stream) {
    struct evbuffer *output = bufferevent_get_output(stream);

    if (evbuffer_get_length(output) == 0)
        return;
    bufferevent_incref(stream);
    evbuffer_unfreeze(output, 1);
    evbuffer_write(output, bufferevent_getfd(stream));
    evbuffer_freeze(output, 1);
    if (evbuffer_get_length(output) == 0)
        bufferevent_trigger(stream, EV_WRITE, 0);
    bufferevent_decref(stream);
}

void connections_send(struct connections *all) {
    struct connection *connection;

    while ((connection = TAILQ_FIRST(&all->outgoing)) != NULL) {
        TAILQ_REMOVE(&all->outgoing, connection, out);
        connection->has_answer = false;
        send_now(connection->stream);
    }
}

size_t connections_unread(const struct connections *all) {
    return all->unread;
}

bool connections_sending(const struct connections *all) {
    for (const struct connection *connection = LIST_FIRST(&all->list); connection != NULL;
         connection = LIST_NEXT(connection, link)) {
        if (!is_gone(connection) && evbuffer_get_length(bufferevent_get_output(connection->stream)) > 0)
            return true;
    }
    return false;
}

bool connections_open(const struct connections *all) {
    for (const struct connection *connection = LIST_FIRST(&all->list); connection != NULL;
         connection = LIST_NEXT(connection, link)) {
        if (connection->rest != NULL || !is_gone(connection))
            return true;
    }
    return false;
}
