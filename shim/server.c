/* The server: its sockets, its event loop, and its orderly end. */
#include "shim/server.h"

#include <event2/event.h>
#include <event2/http.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "db/client/pool.h"
#include "db/common/clock.h"
#include "db/common/log.h"
#include "shim/api/exchange.h"
#include "shim/api/password.h"
#include "shim/http/connections.h"
#include "shim/http/evhttp_errors.h"

enum {
    OTHER_FILES = 32,   /* standard streams, eventfds, epoll, the log, and what libraries open */
    IDLE_SECONDS = 75,  /* for a connection that says nothing between two requests */
    GRACE_SECONDS = 30, /* for what is under way when the end is asked for */
    DRAIN_US = 1000000, /* for clients connected then, who may be about to ask: the answer says that it is the last */
    ALL_METHODS = EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |
                  EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH,
};

struct server {
    struct event_base *base;
    struct evhttp *http;
    struct listeners *listeners;
    struct db_url url;
    struct db_server *database;
    struct exchange_context context;
    struct event *events[10];
    size_t event_count;
    struct db_job first_call;
    struct event *farewell; /* looks whether everything has been answered */
    bool ends_with_terminal;
    int64_t drained_at_us;
    int64_t give_up_at_us;
};

static bool add_event(struct server *server, int fd, short what, event_callback_fn callback) {
    struct event *event = event_new(server->base, fd, what | EV_PERSIST, callback, server);
    if (event == NULL || event_add(event, NULL) != 0) {
        if (event != NULL)
            event_free(event);
        return false;
    }
    server->events[server->event_count++] = event;
    return true;
}

static void calls_done(evutil_socket_t fd, short what, void *argument) {
    struct server *server = argument;
    (void)fd;
    (void)what;
    db_pool_finish(server->context.database);
    event_active(server->context.start_calls, 0, 0);
}

static void start_calls(evutil_socket_t fd, short what, void *argument) {
    struct server *server = argument;
    (void)fd;
    (void)what;
    bool more = db_pool_start(server->context.database);
    reply_context_log(&server->context.replies);
    connections_send(server->context.connections);
    /* By a timer: an event that is made active in its own callback is served again before anything new is read. */
    if (more && event_add(server->context.start_calls, &(struct timeval){0}) != 0)
        event_active(server->context.start_calls, 0, 0);
}

static void passwords_done(evutil_socket_t fd, short what, void *argument) {
    struct server *server = argument;
    (void)fd;
    (void)what;
    password_pool_finish(server->context.passwords);
}

static void say_farewell(evutil_socket_t fd, short what, void *argument) {
    struct server *server = argument;
    (void)fd;
    (void)what;
    int64_t now = clock_us();
    bool finished = server->context.under_way == 0 && !connections_sending(server->context.connections);
    if (!finished && now < server->give_up_at_us)
        return;
    if (finished && now < server->drained_at_us && connections_open(server->context.connections))
        return;
    if (!finished)
        log_error("stopping with %zu requests unanswered after %d s", server->context.under_way, GRACE_SECONDS);
    event_base_loopbreak(server->base);
}

static void stop(evutil_socket_t signal, short what, void *argument) {
    struct server *server = argument;
    const struct timeval often = {.tv_usec = 10000};
    (void)what;

    if (server->context.stopping) {
        log_info("signal %d: stopping already, %zu requests to finish", (int)signal, server->context.under_way);
        return;
    }
    log_info("stopping on signal %d: %zu requests to finish", (int)signal, server->context.under_way);
    server->context.stopping = true;
    server->give_up_at_us = clock_us() + GRACE_SECONDS * 1000000LL;
    server->drained_at_us = clock_us() + DRAIN_US;
    connections_stop(server->context.connections);
    listeners_close(server->listeners);
    if (event_add(server->farewell, &often) != 0)
        event_base_loopbreak(server->base);
}

/* Signals that would end the program without a word, and that somebody may send who means something else by them. */
static const int ignored_signals[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGALRM};

static bool terminal_is_there(void) {
    int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void say_ignored(evutil_socket_t signal, short what, void *argument) {
    struct server *server = argument;

    /* Its terminal was closed, unlike that of a service, and not by nohup(1). */
    if (signal == SIGHUP && server->ends_with_terminal && !terminal_is_there()) {
        stop(signal, what, server);
        return;
    }
    log_info(
        "ignoring signal %d: settings are read at the start, and the log is standard error; restart to change them",
        (int)signal);
}

static bool ignore_signals(struct server *server) {
    for (size_t i = 0; i < sizeof ignored_signals / sizeof ignored_signals[0]; i++) {
        if (!add_event(server, ignored_signals[i], EV_SIGNAL, say_ignored))
            return false;
    }
    return true;
}

/* Requests would find out, but an operator should not have to wait for one. */
static void database_answered(struct db_job *job) {
    if (job->outcome.status == DB_OK)
        log_info("the database answers");
    else if (job->outcome.status == DB_REFUSED)
        log_error("the database refuses: %s", job->outcome.message);
}

/* With changes of what is waited for passed on to the kernel once per turn of the loop: fewer calls of epoll_ctl(2). */
static struct event_base *new_base(void) {
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (config != NULL && event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) == 0)
        base = event_base_new_with_config(config);
    if (config != NULL)
        event_config_free(config);
    return base;
}

static bool begin(struct server *server, const struct shim_settings *settings) {
    const struct db_server_options database = {settings->db_connect_seconds, settings->db_seconds,
                                               .log_versions = true};
    const struct db_pool_options pool = {
        .connections = (size_t)settings->db_connections,
        .queue_limit = (size_t)settings->db_queue,
        .queue_seconds = settings->db_seconds,
        .group_limit = (size_t)settings->db_group_limit,
        .share_reads = settings->db_shared_reads != 0,
    };
    const struct password_options passwords = {settings->password_memory_kib, settings->password_passes,
                                               (size_t)settings->password_threads, (size_t)settings->password_queue};
    const struct listeners_options listeners = {settings->host, settings->port, settings->reuse_port != 0};
    const struct connections_options connections = {
        .limit = (size_t)settings->max_connections,
        .reserved_files = (size_t)settings->db_connections + OTHER_FILES,
        .input_bytes = 2 * (EXCHANGE_MAX_HEADERS + EXCHANGE_MAX_BODY),
        .deadline_seconds = settings->request_seconds,
    };
    struct exchange_context *context = &server->context;
    const char *step;

    context->replies.allowed_origins = settings->cors_origins;
    context->replies.allow_credentials = settings->cors_credentials != 0;
    context->key = (struct token_key){settings->secret_key, settings->token_minutes * 60};
    step = "DATABASE_URL";
    if (db_url_parse(&server->url, settings->database_url) != NULL)
        goto failed;
    step = "client library";
    server->database = db_server_new(&server->url, &database);
    if (server->database == NULL)
        goto failed;
    step = "threads for the database";
    context->database = db_pool_new(server->database, &pool);
    if (context->database == NULL)
        goto failed;
    step = "threads for passwords";
    context->passwords = password_pool_new(&passwords);
    if (context->passwords == NULL)
        goto failed;

    step = "event loop";
    server->base = new_base();
    server->http = server->base != NULL ? evhttp_new(server->base) : NULL;
    if (server->http == NULL || !reply_context_init(&context->replies, server->base))
        goto failed;
    evhttp_set_allowed_methods(server->http, ALL_METHODS);
    evhttp_set_max_headers_size(server->http, EXCHANGE_MAX_HEADERS);
    evhttp_set_max_body_size(server->http, EXCHANGE_MAX_BODY);
    evhttp_set_timeout(server->http, IDLE_SECONDS);
    evhttp_set_gencb(server->http, exchange_begin, context);
    evhttp_errors_adopt(context);
    step = "socket";
    server->listeners = listeners_open(server->base, server->http, &listeners);
    if (server->listeners == NULL)
        goto failed;
    step = "connections";
    context->connections = connections_new(server->base, server->http, server->listeners, &connections);
    if (context->connections == NULL)
        goto failed;
    step = "events";
    server->farewell = event_new(server->base, -1, EV_PERSIST, say_farewell, server);
    context->start_calls = event_new(server->base, -1, 0, start_calls, server);
    if (server->farewell == NULL || context->start_calls == NULL ||
        !add_event(server, db_pool_fd(context->database), EV_READ, calls_done) ||
        !add_event(server, password_pool_fd(context->passwords), EV_READ, passwords_done) || !ignore_signals(server) ||
        !add_event(server, SIGTERM, EV_SIGNAL, stop) || !add_event(server, SIGINT, EV_SIGNAL, stop))
        goto failed;
    static const struct db_value migration = {.type = DB_INTEGER, .integer = EVENTHUB_MIGRATION};
    server->first_call.call = (struct db_call){.procedure = "check_database",
                                               .arguments = &migration,
                                               .argument_count = 1,
                                               .repeatable = true,
                                               .watched = true};
    server->first_call.complete = database_answered;
    db_pool_submit(context->database, &server->first_call);
    return true;

failed:
    log_error("cannot start: %s", step);
    return false;
}

static void end(struct server *server) {
    /* The pools first: their last jobs still want to answer, and none may go on to the other pool. */
    server->context.closing = true;
    password_pool_free(server->context.passwords);
    db_pool_free(server->context.database);
    db_server_free(server->database);
    connections_stop(server->context.connections);
    listeners_free(server->listeners);
    if (server->http != NULL)
        evhttp_free(server->http);
    connections_free(server->context.connections);
    for (size_t i = 0; i < server->event_count; i++)
        event_free(server->events[i]);
    if (server->farewell != NULL)
        event_free(server->farewell);
    if (server->context.start_calls != NULL)
        event_free(server->context.start_calls);
    reply_context_free(&server->context.replies);
    if (server->base != NULL)
        event_base_free(server->base);
    libevent_global_shutdown();
    db_url_free(&server->url);
}

/* Its warnings would go to standard error in a form of their own. */
static void log_libevent(int severity, const char *message) {
    if (severity >= EVENT_LOG_WARN)
        log_error("libevent: %s", message);
}

int server_run(const struct shim_settings *settings) {
    struct server server = {0};
    int status = 1;

    /* A client that goes away while it is answered is an error of write, not the end of the program. */
    signal(SIGPIPE, SIG_IGN);
    /* Until the event loop tells of them, and after it. */
    for (size_t i = 0; i < sizeof ignored_signals / sizeof ignored_signals[0]; i++) {
        bool was_ignored = signal(ignored_signals[i], SIG_IGN) == SIG_IGN;
        if (ignored_signals[i] == SIGHUP)
            server.ends_with_terminal = !was_ignored && terminal_is_there();
    }
    event_set_log_callback(log_libevent);
    if (begin(&server, settings)) {
        listeners_log(server.listeners);
        status = event_base_dispatch(server.base) == 0 ? 0 : 1;
        log_info("stopped");
    }
    end(&server);
    return status;
}
