/* Sends HTTP requests over connections that are kept, each its next one when the last is answered, and says how it
 * went.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/answer.h"
#include "tests/bench/load.h"

static volatile sig_atomic_t asked_to_stop;
static char received[RECEIVED];

static void ask_to_stop(int signal) {
    (void)signal;
    asked_to_stop = 1;
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

static int64_t to_ns(double seconds) {
    return (int64_t)(seconds * (double)NS_PER_SECOND);
}

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Takes a connection out of use; it is opened again if requests are still to be sent. */
static void drop(struct load *load, struct connection *connection) {
    if (connection->state == BUSY)
        load->busy--;
    else if (connection->state == CONNECTING)
        load->opening--;
    close(connection->fd);
    free(connection->part);
    *connection = (struct connection){.fd = -1};
    load->closed[load->closed_count++] = (size_t)(connection - load->connections);
}

static void count_error(struct load *load, struct connection *connection, size_t offset) {
    ++*(uint64_t *)((char *)&load->all + offset);
    if (load->measuring)
        ++*(uint64_t *)((char *)&load->measured + offset);
    if (load->all.connect + load->all.reset + load->all.timeout + load->all.broken >= MAX_ERRORS)
        load->gave_up = true;
    drop(load, connection);
}

#define COUNT_ERROR(load, connection, kind) count_error((load), (connection), offsetof(struct counts, kind))

static void send_request(struct load *load, struct connection *connection, const char *request, long length) {
    if (length < 0)
        load_die("the file of requests", "a line is not METHOD PATH TOKEN [BODY], or too long");
    connection->sent_at = now_ns();
    connection->state = BUSY;
    load->busy++;
    load->sent++;
    /* The socket has room: nothing else is on its way. */
    if (send(connection->fd, request, (size_t)length, MSG_NOSIGNAL) != length)
        COUNT_ERROR(load, connection, reset);
}

static void send_next(struct load *load, struct connection *connection) {
    char request[MAX_REQUEST];
    long length = 0;

    connection->state = IDLE;
    if (!load->sending)
        return;
    connection->line = script_place(&load->script);
    if (load->count == 0 || load->sent < load->count)
        length = script_next(&load->script, request, sizeof request);
    if (length == 0) {
        load->exhausted = true;
        load->sending = false;
        return;
    }
    send_request(load, connection, request, length);
}

static void send_again(struct load *load, struct connection *connection) {
    char request[MAX_REQUEST];

    connection->state = IDLE;
    if (!load->sending)
        return;
    long length = script_repeat(&load->script, connection->line, request, sizeof request);
    send_request(load, connection, request, length);
}

static void watch(struct load *load, struct connection *connection, int operation, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u64 = (uint64_t)(connection - load->connections)};
    if (epoll_ctl(load->epoll, operation, connection->fd, &event) != 0)
        load_die("epoll_ctl", strerror(errno));
}

static void open_one(struct load *load, struct connection *connection) {
    const struct sockaddr_in server = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)load->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;

    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->fd < 0)
        load_die("socket", strerror(errno));
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection->state = CONNECTING;
    connection->sent_at = now_ns();
    load->opening++;
    if (connect(connection->fd, (const struct sockaddr *)&server, sizeof server) != 0 && errno != EINPROGRESS) {
        load->refusals++;
        COUNT_ERROR(load, connection, connect);
        return;
    }
    watch(load, connection, EPOLL_CTL_ADD, EPOLLOUT);
}

static void open_more(struct load *load) {
    /* Those that are only to be held come at a pace at which none is refused for want of a place in the queue. */
    while (load->sending && load->closed_count > 0 && load->refusals < MAX_REFUSALS &&
           load->opening + (load->hold > 0 ? load->busy : 0) < OPENING)
        open_one(load, &load->connections[load->closed[--load->closed_count]]);
}

static void finish_connecting(struct load *load, struct connection *connection) {
    int error = 0;
    socklen_t length = sizeof error;

    if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) {
        load->refusals++;
        COUNT_ERROR(load, connection, connect);
        return;
    }
    load->refusals = 0;
    load->opening--;
    watch(load, connection, EPOLL_CTL_MOD, EPOLLIN);
    send_next(load, connection);
}

/* Also of a request that was under way when the time was up: without those the longest waits would be missing. */
static void add_latency(struct load *load, const struct connection *connection, int64_t now) {
    bool was_under_way = load->measured_to != 0 && connection->sent_at < load->measured_to;

    if (load->measuring || was_under_way)
        histogram_add(&load->latencies, (uint64_t)(now - connection->sent_at));
}

static void complete(struct load *load, struct connection *connection) {
    size_t status = (size_t)connection->status;

    load->all.statuses[status < MAX_STATUS ? status : 0]++;
    if (load->measuring)
        load->measured.statuses[status < MAX_STATUS ? status : 0]++;
    add_latency(load, connection, now_ns());
    connection->has_head = false;
    if (connection->last) {
        drop(load, connection);
        return;
    }
    load->busy--;
    if (load->hold > 0)
        connection->state = IDLE;
    else if (load->retry && connection->status == 503)
        send_again(load, connection);
    else
        send_next(load, connection);
}

/* Keeps the part of a head until there is more; false if it is too long for one. */
static bool keep_part(struct connection *connection, const char *data, size_t length) {
    if (connection->part_length + length > MAX_HEAD)
        return false;
    char *part = realloc(connection->part, connection->part_length + length);
    if (part == NULL)
        load_die("realloc", strerror(errno));
    memcpy(part + connection->part_length, data, length);
    connection->part = part;
    connection->part_length += length;
    return true;
}

/* Takes the head off; false if what came is no answer. */
static bool take_head(struct connection *connection, const char **data, size_t *length) {
    struct answer answer;

    if (connection->part != NULL) {
        if (!keep_part(connection, *data, *length))
            return false;
        *data = connection->part;
        *length = connection->part_length;
    }
    switch (answer_read(&answer, *data, *length)) {
    case ANSWER_BROKEN:
        return false;
    case ANSWER_PARTIAL:
        return connection->part != NULL || keep_part(connection, *data, *length);
    case ANSWER_COMPLETE:
        break;
    }
    connection->has_head = true;
    connection->status = answer.status;
    connection->last = answer.last;
    connection->body_left = answer.body;
    *length -= answer.head;
    free(connection->part);
    connection->part = NULL;
    connection->part_length = 0;
    return true;
}

static void receive(struct load *load, struct connection *connection) {
    ssize_t result = recv(connection->fd, received, sizeof received, 0);
    if (result < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (result <= 0) {
        if (connection->state == BUSY)
            COUNT_ERROR(load, connection, reset);
        else
            drop(load, connection);
        return;
    }
    const char *data = received;
    size_t length = (size_t)result;
    if (connection->state != BUSY || (!connection->has_head && !take_head(connection, &data, &length))) {
        COUNT_ERROR(load, connection, broken);
        return;
    }
    if (!connection->has_head)
        return;
    if (length > connection->body_left) {
        COUNT_ERROR(load, connection, broken);
        return;
    }
    connection->body_left -= length;
    if (connection->body_left == 0)
        complete(load, connection);
}

static void drop_overdue(struct load *load, int64_t now) {
    for (size_t i = 0; i < load->connection_count; i++) {
        struct connection *connection = &load->connections[i];
        if ((connection->state == BUSY || connection->state == CONNECTING) &&
            now - connection->sent_at > to_ns(load->timeout)) {
            if (connection->state == BUSY)
                add_latency(load, connection, now);
            COUNT_ERROR(load, connection, timeout);
        }
    }
}

static void begin_measuring(struct load *load, int64_t now) {
    load->measuring = true;
    load->measured_from = now;
    load->cpu_from = cpu_seconds();
}

static void end_measuring(struct load *load, int64_t now) {
    load->measuring = false;
    load->measured_to = now;
    load->cpu_to = cpu_seconds();
}

static void run_events(struct load *load) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(load->epoll, events, EVENTS, TICK_MS);

    for (int i = 0; i < count; i++) {
        struct connection *connection = &load->connections[events[i].data.u64];
        if (connection->state == CONNECTING)
            finish_connecting(load, connection);
        else if (connection->state != CLOSED)
            receive(load, connection);
    }
    open_more(load);
}

/* Sends and receives until the time is up or no request is left, and everything is answered. What is answered after the
 * time is up counts no more; of requests that come to their end, all do. */
static void run(struct load *load) {
    const int64_t begun = now_ns();
    const int64_t warm = begun + to_ns(load->warmup), end = warm + to_ns(load->seconds);
    int64_t looked_at = begun, now = begun;

    load->sending = true;
    if (load->warmup <= 0)
        begin_measuring(load, begun);
    open_more(load);
    while (load->sending || load->busy > 0 || load->opening > 0) {
        run_events(load);
        now = now_ns();
        if (load->measured_from == 0 && now >= warm && load->sending)
            begin_measuring(load, now);
        if (load->measuring && now >= end)
            end_measuring(load, now);
        if (now >= end || asked_to_stop) {
            if (load->measuring)
                end_measuring(load, now);
            load->sending = false;
        }
        if (now - looked_at > NS_PER_SECOND / 4) {
            drop_overdue(load, now);
            looked_at = now;
        }
        if (load->refusals >= MAX_REFUSALS)
            load->gave_up = true;
        if (load->gave_up)
            break;
        if (load->hold > 0 && load->closed_count + load->opening + load->busy == 0)
            load->sending = false;
    }
    if (load->measuring)
        end_measuring(load, now);
}

/* Keeps the connections open, saying nothing; those that the server closes are dropped. */
static void hold(struct load *load) {
    const int64_t end = now_ns() + to_ns(load->hold);

    printf("held %zu\n", load_held(load));
    fflush(stdout);
    while (!asked_to_stop && now_ns() < end)
        run_events(load);
}

/* The soft limit is low for the sake of programs that use select(2). */
static void raise_file_limit(void) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static void prepare(struct load *load) {
    const struct sigaction action = {.sa_handler = ask_to_stop};

    raise_file_limit();
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    load->connections = calloc(load->connection_count, sizeof *load->connections);
    load->closed = calloc(load->connection_count, sizeof *load->closed);
    if (load->epoll < 0 || load->connections == NULL || load->closed == NULL)
        load_die("cannot start", strerror(errno));
    for (size_t i = 0; i < load->connection_count; i++) {
        load->connections[i].fd = -1;
        load->closed[load->closed_count++] = load->connection_count - 1 - i;
    }
}

int main(int argc, char **argv) {
    static struct load load;

    load_read_options(&load, argc, argv);
    prepare(&load);
    run(&load);
    if (load.hold > 0 && !load.gave_up)
        hold(&load);
    load_report(&load);
    if (load.gave_up)
        fprintf(stderr, "load: the server is gone, or next to nothing is answered\n");
    return load.gave_up ? 1 : 0;
}
