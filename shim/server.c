/* The server: its sockets, its event loop, and its graceful drain. */
#include "shim/server.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/http.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "db/client/pool.h"
#include "db/common/clock.h"
#include "db/common/log.h"
#include "shim/api/exchange.h"
#include "shim/api/password.h"
#include "shim/http/connections.h"
#include "shim/http/evhttp_errors.h"
#include "shim/http/gzip.h"
#include "shim/http/listeners.h"
#include "shim/http/turn.h"

enum {
    /* Of a request. The longest description, with every character escaped, takes 24,000 bytes. Any text in such a body
     * is shorter than 65,535 bytes, which is what the procedures' parameters of type TEXT hold: raise both or none. */
    MAX_BODY = 64 * 1024,
    MAX_HEADERS = 16 * 1024,
    MAX_SIGNALS = 8,
    OTHER_FILES = 32,      /* descriptors for standard streams, eventfds, epoll, the log and the libraries */
    IDLE_SECONDS = 75,     /* for a client that sends nothing, between two requests or within one */
    GRACE_SECONDS = 30,    /* graceful drain: for requests that are under way when the stop is asked for */
    DRAIN_US = 1000000,    /* graceful drain: for clients to ask once more; that answer closes the connection */
    REFUSED_AT_ONCE = 500, /* a second; some hundredths of the event loop's time */
    HOLD_US = 2000000,     /* for the others: 10,000 clients are then refused 5,000 times a second */
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
    struct event *signals[MAX_SIGNALS];
    size_t signal_count;
    struct db_job first_call;
    struct event *end_check; /* while the server stops: ends the loop once everything is answered */
    bool ends_with_terminal;
    int64_t drained_at_us;
    int64_t give_up_at_us;
};

static void end_if_answered(evutil_socket_t fd, short what, void *argument) {
    struct server *server = argument;
    (void)fd;
    (void)what;
    int64_t now = clock_us();
    bool finished = server->context.under_way == 0 && !connections_sending(server->context.replies.connections);
    if (!finished && now < server->give_up_at_us)
        return;
    if (finished && now < server->drained_at_us && connections_open(server->context.replies.connections))
        return;
    if (!finished)
        log_error("stopping with %zu requests unanswered after %d s", server->context.under_way, GRACE_SECONDS);
    event_base_loopbreak(server->base);
}

static void stop(evutil_socket_t number, short what, void *argument) {
    struct server *server = argument;
    const struct timeval often = {.tv_usec = 10000};
    (void)what;

    if (server->context.replies.stopping) {
        log_info("signal %d: stopping already, %zu requests to finish", (int)number, server->context.under_way);
        return;
    }
    log_info("stopping on signal %d: %zu requests to finish", (int)number, server->context.under_way);
    server->context.replies.stopping = true;
    server->give_up_at_us = clock_us() + GRACE_SECONDS * 1000000LL;
    server->drained_at_us = clock_us() + DRAIN_US;
    connections_stop(server->context.replies.connections);
    listeners_close(server->listeners);
    if (event_add(server->end_check, &often) != 0)
        event_base_loopbreak(server->base);
}

/* Signals that end a program by default. They are ignored, because whoever sends them usually wants something else,
 * such as settings to be read again. */
static const int ignored_signals[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGALRM};

static bool terminal_is_there(void) {
    int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void log_ignored(evutil_socket_t number, short what, void *argument) {
    struct server *server = argument;

    /* The terminal that the program was started from is closed. A service has none, and under nohup(1) SIGHUP was
     * ignored before. */
    if (number == SIGHUP && server->ends_with_terminal && !terminal_is_there()) {
        stop(number, what, server);
        return;
    }
    log_info(
        "ignoring signal %d: settings are read at the start, and the log is standard error; restart to change them",
        (int)number);
}

static bool watch_signal(struct server *server, int number, event_callback_fn callback) {
    struct event *event = evsignal_new(server->base, number, callback, server);
    if (event == NULL || event_add(event, NULL) != 0) {
        if (event != NULL)
            event_free(event);
        return false;
    }
    server->signals[server->signal_count++] = event;
    return true;
}

static bool watch_signals(struct server *server) {
    bool good = watch_signal(server, SIGTERM, stop) && watch_signal(server, SIGINT, stop);

    for (size_t i = 0; good && i < sizeof ignored_signals / sizeof ignored_signals[0]; i++)
        good = watch_signal(server, ignored_signals[i], log_ignored);
    return good;
}

/* With changes of interest passed on to the kernel once per iteration of the loop, which saves calls of
 * epoll_ctl(2). */
static struct event_base *new_base(void) {
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (config != NULL && event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) == 0)
        base = event_base_new_with_config(config);
    if (config != NULL)
        event_config_free(config);
    return base;
}

/* Logs which step of the start failed, and why. */
static bool fail(const char *step, const char *cause) {
    log_error("cannot start: %s: %s", step, cause);
    return false;
}

static bool begin_pools(struct server *server, const struct shim_settings *settings) {
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
    struct exchange_context *context = &server->context;

    const char *fault = db_url_parse(&server->url, settings->database_url);
    if (fault != NULL)
        return fail("DATABASE_URL", fault);
    errno = ENOMEM;
    server->database = db_server_new(&server->url, &database);
    if (server->database == NULL)
        return fail("the database's client library", strerror(errno));
    context->database = db_pool_new(server->database, &pool);
    if (context->database == NULL)
        return fail("threads for the database", strerror(errno));
    errno = ENOMEM;
    context->passwords = password_pool_new(&passwords);
    if (context->passwords == NULL)
        return fail("threads for passwords", strerror(errno));
    return true;
}

static bool begin_http(struct server *server, const struct shim_settings *settings) {
    const struct listeners_options listeners = {settings->host, settings->port, settings->reuse_port != 0};
    const struct connections_options connections = {
        .limit = (size_t)settings->max_connections,
        .reserved_files = (size_t)settings->db_connections + OTHER_FILES,
        .input_bytes = 2 * (size_t)(MAX_HEADERS + MAX_BODY),
        .deadline_seconds = settings->request_seconds,
    };
    struct reply_context *replies = &server->context.replies;

    errno = ENOMEM;
    server->base = new_base();
    server->http = server->base != NULL ? evhttp_new(server->base) : NULL;
    if (server->http == NULL)
        return fail("event loop", strerror(errno));
    evhttp_set_allowed_methods(server->http, ALL_METHODS);
    evhttp_set_max_headers_size(server->http, MAX_HEADERS);
    evhttp_set_max_body_size(server->http, MAX_BODY);
    evhttp_set_timeout(server->http, IDLE_SECONDS);
    evhttp_set_gencb(server->http, exchange_begin, &server->context);
    evhttp_errors_adopt(replies);
    server->listeners = listeners_open(server->base, server->http, &listeners);
    if (server->listeners == NULL)
        return fail("socket", "see the line before");
    errno = ENOMEM;
    replies->connections = connections_new(server->base, server->http, server->listeners, &connections);
    if (replies->connections == NULL)
        return fail("connections", strerror(errno));
    replies->cors = (struct cors){settings->cors_origins, settings->cors_credentials != 0};
    errno = ENOMEM;
    replies->gzip = settings->compression != 0 ? gzip_new() : NULL;
    if (settings->compression != 0 && replies->gzip == NULL)
        return fail("compression", strerror(errno));
    reply_context_init(replies);
    return true;
}

/* The pools as sources of the turn, whose functions take a void pointer. */
static void finish_calls(void *pool) {
    db_pool_finish(pool);
}

static bool have_calls_finished(const void *pool) {
    return db_pool_has_finished(pool);
}

static void start_calls(void *pool) {
    db_pool_start(pool);
}

static size_t completable_calls(const void *pool) {
    return db_pool_completable(pool);
}

static size_t pending_calls(const void *pool) {
    return db_pool_pending(pool);
}

static void complete_calls(void *pool, size_t most) {
    db_pool_complete(pool, most);
}

static void finish_passwords(void *pool) {
    password_pool_finish(pool);
}

static bool have_passwords_finished(const void *pool) {
    return password_pool_has_finished(pool);
}

static size_t completable_passwords(const void *pool) {
    return password_pool_completable(pool);
}

static void complete_passwords(void *pool, size_t most) {
    password_pool_complete(pool, most);
}

static bool begin_turn(struct server *server) {
    const struct tarpit_options tarpit = {.at_once = REFUSED_AT_ONCE, .hold_us = HOLD_US};
    struct exchange_context *context = &server->context;
    const struct turn_source passwords = {
        .pool = context->passwords,
        .fd = password_pool_fd(context->passwords),
        .finish = finish_passwords,
        .has_finished = have_passwords_finished,
        .completable = completable_passwords,
        .complete = complete_passwords,
    };
    const struct turn_source calls = {
        .pool = context->database,
        .fd = db_pool_fd(context->database),
        .finish = finish_calls,
        .has_finished = have_calls_finished,
        .start = start_calls,
        .completable = completable_calls,
        .complete = complete_calls,
        .pending = pending_calls,
    };

    errno = ENOMEM;
    context->tarpit = tarpit_new(server->base, &tarpit);
    context->replies.turn = turn_new(server->base, context->replies.connections);
    server->end_check = event_new(server->base, -1, EV_PERSIST, end_if_answered, server);
    if (context->tarpit == NULL || context->replies.turn == NULL || server->end_check == NULL ||
        !turn_add_source(context->replies.turn, &calls) || !turn_add_source(context->replies.turn, &passwords) ||
        !watch_signals(server))
        return fail("events", strerror(errno));
    return true;
}

static void database_answered(struct db_job *job) {
    if (job->outcome.status == DB_OK)
        log_info("the database answers");
    else if (job->outcome.status == DB_REFUSED)
        log_error("the database refuses: %s", job->outcome.message);
}

/* Asks whether the database is as this program needs it, so that the log says so before the first request. */
static void call_first(struct server *server) {
    static const struct db_value migration = {.type = DB_INTEGER, .integer = EVENTHUB_MIGRATION};

    server->first_call.call = (struct db_call){
        .procedure = "check_database",
        .arguments = &migration,
        .argument_count = 1,
        .repeatable = true,
        .watched = true,
    };
    server->first_call.complete = database_answered;
    db_pool_submit(server->context.database, &server->first_call);
    turn_wake(server->context.replies.turn);
}

static bool begin(struct server *server, const struct shim_settings *settings) {
    server->context.key = (struct token_key){settings->secret_key, settings->token_minutes * 60};
    if (!begin_pools(server, settings) || !begin_http(server, settings) || !begin_turn(server))
        return false;
    call_first(server);
    return true;
}

static void end(struct server *server) {
    struct reply_context *replies = &server->context.replies;

    /* The pools first, because completing their last jobs uses what is freed below. `closing` keeps these jobs from
     * being submitted to the other pool. */
    server->context.closing = true;
    tarpit_free(server->context.tarpit);
    password_pool_free(server->context.passwords);
    db_pool_free(server->context.database);
    db_server_free(server->database);
    connections_stop(replies->connections);
    listeners_free(server->listeners);
    if (server->http != NULL)
        evhttp_free(server->http);
    connections_free(replies->connections);
    for (size_t i = 0; i < server->signal_count; i++)
        event_free(server->signals[i]);
    if (server->end_check != NULL)
        event_free(server->end_check);
    turn_free(replies->turn);
    gzip_free(replies->gzip);
    if (server->base != NULL)
        event_base_free(server->base);
    libevent_global_shutdown();
    db_url_free(&server->url);
}

/* libevent itself would write its warnings to standard error in a format of its own. */
static void log_libevent(int severity, const char *message) {
    if (severity >= EVENT_LOG_WARN)
        log_error("libevent: %s", message);
}

/* Whoever asks again for an end that has come must not make it look like a violent one. */
static void hold_off_signals(void) {
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
}

int server_run(const struct shim_settings *settings) {
    struct server server = {0};
    int status = 1;

    /* If a client goes away while it is answered, writing fails; SIGPIPE would end the program. */
    signal(SIGPIPE, SIG_IGN);
    /* These are ignored outside the event loop as well, before it starts and after it has ended. */
    for (size_t i = 0; i < sizeof ignored_signals / sizeof ignored_signals[0]; i++) {
        bool was_ignored = signal(ignored_signals[i], SIG_IGN) == SIG_IGN;
        if (ignored_signals[i] == SIGHUP)
            server.ends_with_terminal = !was_ignored && terminal_is_there();
    }
    event_set_log_callback(log_libevent);
    if (begin(&server, settings)) {
        listeners_log(server.listeners);
        status = event_base_dispatch(server.base) == 0 ? 0 : 1;
        hold_off_signals();
        log_info("stopped");
    }
    end(&server);
    return status;
}
