/* A connection to the database: connecting, calling, and trying again where that is safe. */
#include "db/client/connection.h"

#include <errno.h>
#include <mysql.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db/client/errors.h"
#include "db/client/pause.h"
#include "db/client/reach.h"
#include "db/client/result_mysql.h"
#include "db/client/statement.h"
#include "db/client/tls.h"
#include "db/client/version.h"
#include "db/common/buffer.h"
#include "db/common/clock.h"
#include "db/common/log.h"

enum {
    MAX_ATTEMPTS = 12,
    FIRST_PAUSE_US = 4000, /* doubles with each attempt; a random part of it is waited (jitter) */
    LONGEST_PAUSE_US = 256000,
};

struct db_server {
    const struct db_url *url;
    struct db_server_options options;
    struct db_reach reach;
    atomic_int first_host; /* index of the host to try first: it moves on from one that is read-only */
    atomic_ulong version;  /* hash of the version of the server that was last connected to */
    atomic_ulong failure;  /* hash of the message of the last watched call, if that failed; else 0 */
};

struct db_connection {
    struct db_server *server;
    MYSQL *mysql; /* NULL while not connected */
    int host;     /* index of the host in the URL */
    struct buffer sql;
    unsigned seed;
};

struct db_server *db_server_new(const struct db_url *url, const struct db_server_options *options) {
    struct db_server *server = calloc(1, sizeof *server);
    if (server == NULL || mysql_library_init(0, NULL, NULL) != 0) {
        free(server);
        return NULL;
    }
    server->url = url;
    server->options = *options;
    db_reach_init(&server->reach);
    return server;
}

void db_server_free(struct db_server *server) {
    if (server == NULL)
        return;
    mysql_library_end();
    db_reach_free(&server->reach);
    free(server);
}

struct db_connection *db_connection_new(struct db_server *server) {
    struct db_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        return NULL;
    connection->server = server;
    connection->seed = (unsigned)clock_us() ^ (unsigned)(uintptr_t)connection;
    return connection;
}

static void disconnect(struct db_connection *connection) {
    if (connection->mysql == NULL)
        return;
    mysql_close(connection->mysql);
    connection->mysql = NULL;
    db_reach_closed(&connection->server->reach);
}

void db_connection_free(struct db_connection *connection) {
    if (connection == NULL)
        return;
    disconnect(connection);
    buffer_free(&connection->sql);
    free(connection);
}

static void pause_us(int64_t us) {
    struct timespec pause = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    while (nanosleep(&pause, &pause) != 0 && errno == EINTR)
        continue;
}

/* Why a session could not be opened. */
struct failure {
    unsigned error; /* the client library's error number; 0: another cause */
    char message[600];
};

/* Opens one session and sets it up; NULL, with `failure` filled, if that fails. */
static MYSQL *open_session(const struct db_server *server, int host, struct failure *failure) {
    const struct db_url *url = server->url;
    unsigned connect_timeout = (unsigned)server->options.connect_seconds;
    /* Longer than the server's own limit, so that the server gives up first and says that nothing was done. */
    unsigned call_timeout = (unsigned)server->options.statement_seconds + 2;
    unsigned protocol = url->socket != NULL ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    long lock_timeout = server->options.statement_seconds / 3;
    char setup[400];

    failure->error = 0;
    MYSQL *mysql = mysql_init(NULL);
    if (mysql == NULL) {
        snprintf(failure->message, sizeof failure->message, "out of memory");
        return NULL;
    }
    mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
    mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &call_timeout);
    mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &call_timeout);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    db_tls_prepare(mysql, url);
    if (mysql_real_connect(mysql, url->hosts[host].name, url->user, url->password, url->database, url->hosts[host].port,
                           url->socket, CLIENT_MULTI_RESULTS) == NULL)
        goto failed;
    if (!db_tls_is_as_asked(mysql, url)) {
        snprintf(failure->message, sizeof failure->message, "the connection is not encrypted");
        mysql_close(mysql);
        return NULL;
    }

    /* A wait for a lock ends early enough to try again within the call's timeout. MariaDB ends a statement that takes
     * longer than that; MySQL has no such limit for procedures. */
    snprintf(
        setup, sizeof setup,
        "SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci, SESSION autocommit = 1, SESSION time_zone = '+00:00', "
        "SESSION sql_safe_updates = 0, SESSION sql_big_selects = 1, SESSION sql_select_limit = 18446744073709551615, "
        "SESSION innodb_lock_wait_timeout = %ld /*M!100101 , SESSION max_statement_time = %ld */",
        lock_timeout > 1 ? lock_timeout : 1, server->options.statement_seconds);
    if (mysql_query(mysql, setup) != 0)
        goto failed;
    return mysql;

failed:
    failure->error = mysql_errno(mysql);
    snprintf(failure->message, sizeof failure->message, "%s (%u)", mysql_error(mysql), failure->error);
    mysql_close(mysql);
    return NULL;
}

/* A hash, to see whether a text has changed; never 0. */
static unsigned long hash_of(const char *text) {
    unsigned long sum = 1;

    for (; *text != '\0'; text++)
        sum = sum * 31 + (unsigned char)*text;
    return sum != 0 ? sum : 1;
}

static void log_versions(struct db_connection *connection) {
    struct db_server *server = connection->server;
    char name[64], client[64];

    if (!server->options.log_versions)
        return;
    /* The text is compared, because libmysqlclient gives the same number for every MariaDB 10. */
    unsigned long version = hash_of(mysql_get_server_info(connection->mysql));
    if (atomic_exchange(&server->version, version) == version)
        return;
    const char *cipher = mysql_get_ssl_cipher(connection->mysql);
    log_info("connected to %s at %s, %s%s, with %s", db_version_of_server(connection->mysql, name, sizeof name),
             mysql_get_host_info(connection->mysql), cipher != NULL ? "encrypted by " : "not encrypted",
             cipher != NULL ? cipher : "", db_version_of_client(client, sizeof client));
}

/* Opens a session on any of the hosts. `spare`: no call waits for it. */
static bool connect_to_any(struct db_connection *connection, bool spare) {
    struct db_server *server = connection->server;
    int64_t longest = server->options.connect_seconds * server->url->host_count * 1000000;
    struct failure failure = {0};

    if (!db_reach_may_try(&server->reach, spare, longest))
        return false;
    for (int i = 0; i < server->url->host_count; i++) {
        int host = (atomic_load(&server->first_host) + i) % server->url->host_count;
        connection->mysql = open_session(server, host, &failure);
        if (connection->mysql != NULL) {
            connection->host = host;
            db_reach_opened(&server->reach);
            log_versions(connection);
            return true;
        }
    }
    db_reach_failed(&server->reach, failure.error, failure.message);
    return false;
}

/* Whether the server has closed the connection while it was idle. A CALL would then be lost, and nobody could say
 * whether it was executed. Nothing can be read from an idle connection but its end, or the server's last message before
 * it. */
static bool is_stale(MYSQL *mysql) {
    struct pollfd socket = {.fd = (int)mysql->net.fd, .events = POLLIN};
    return poll(&socket, 1, 0) != 0;
}

/* Sends the statement and passes on every result set. A CALL ends with a result that has no rows. All results have to
 * be read, or the next statement fails ("Commands out of sync"). */
static bool execute(struct db_connection *connection, const struct db_call *call) {
    MYSQL *mysql = connection->mysql;
    unsigned index = 0;
    int more;

    if (mysql_real_query(mysql, connection->sql.data, connection->sql.length) != 0)
        return false;
    do {
        struct db_result result = {.set = mysql_store_result(mysql)};
        if (result.set != NULL) {
            if (call->receive != NULL)
                call->receive(call->receiver, &result, index++);
            mysql_free_result(result.set);
        } else if (mysql_field_count(mysql) != 0) {
            return false;
        }
    } while ((more = mysql_next_result(mysql)) == 0);
    return more < 0;
}

static void refuse(struct db_outcome *outcome, const struct db_call *call, MYSQL *mysql) {
    const char *sqlstate = mysql_sqlstate(mysql);

    outcome->status = DB_REFUSED;
    snprintf(outcome->sqlstate, sizeof outcome->sqlstate, "%s", db_error_sqlstate(mysql_errno(mysql), sqlstate));
    outcome->message[0] = '\0';
    if (strncmp(sqlstate, "45", 2) == 0)
        snprintf(outcome->message, sizeof outcome->message, "%s", mysql_error(mysql));
    else
        log_error("%s met a constraint: %s (%u, %s)", call->procedure, mysql_error(mysql), mysql_errno(mysql),
                  sqlstate);
}

static bool provide_session(struct db_connection *connection, bool spare) {
    if (connection->mysql != NULL && is_stale(connection->mysql))
        disconnect(connection);
    return connection->mysql != NULL || connect_to_any(connection, spare);
}

/* One attempt on an open connection. True: `outcome` is final. False: another attempt may help. */
static bool attempt_call(struct db_connection *connection, const struct db_call *call, struct db_outcome *outcome) {
    outcome->status = DB_UNAVAILABLE;
    if (execute(connection, call)) {
        outcome->status = DB_OK;
        return true;
    }

    MYSQL *mysql = connection->mysql;
    enum db_error error = db_error_sort(mysql_errno(mysql), mysql_sqlstate(mysql));
    if (error == DB_ERROR_REFUSAL) {
        refuse(outcome, call, mysql);
        return true;
    }
    snprintf(outcome->message, sizeof outcome->message, "%s: %s (%u)", call->procedure, mysql_error(mysql),
             mysql_errno(mysql));
    if (error == DB_ERROR_ROLLED_BACK || error == DB_ERROR_NOT_EXECUTED)
        return false;
    /* Closing is also the surest rollback: the server releases whatever the session held. */
    disconnect(connection);
    if (error == DB_ERROR_READ_ONLY && connection->server->url->host_count > 1) {
        atomic_store(&connection->server->first_host, (connection->host + 1) % connection->server->url->host_count);
        return false;
    }
    if (error == DB_ERROR_NOT_SENT || (error == DB_ERROR_LOST && call->repeatable))
        return false;
    if (error == DB_ERROR_OTHER)
        outcome->status = DB_FAILED;
    return true;
}

/* A watched call that fails does so every few seconds: it is logged only if the failure is a new one. */
static void log_outcome(struct db_server *server, const struct db_call *call, const struct db_outcome *outcome) {
    bool failed = outcome->status == DB_UNAVAILABLE || outcome->status == DB_FAILED;

    if (call->watched) {
        unsigned long hash = failed ? hash_of(outcome->message) : 0;
        unsigned long before = atomic_exchange(&server->failure, hash);
        if (hash == before)
            return;
        if (!failed)
            log_info("%s succeeds again", call->procedure);
    }
    if (failed)
        log_error("call failed: %s", outcome->message);
}

int64_t db_connection_prepare(struct db_connection *connection) {
    if (provide_session(connection, true))
        return 0;
    int64_t retry_at = db_reach_retry_at(&connection->server->reach);
    return retry_at > 0 ? retry_at : 1;
}

bool db_connection_call(struct db_connection *connection, const struct db_call *call, struct db_outcome *outcome) {
    int64_t give_up_at = clock_us() + connection->server->options.statement_seconds * 1000000;

    *outcome = (struct db_outcome){.status = DB_FAILED};
    buffer_clear(&connection->sql);
    db_statement_call(&connection->sql, call->procedure, call->arguments, call->argument_count);
    if (connection->sql.failed) {
        snprintf(outcome->message, sizeof outcome->message, "%s: out of memory", call->procedure);
    } else {
        for (unsigned attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
            if (attempt > 0)
                pause_us(pause_jitter(&connection->seed, FIRST_PAUSE_US, LONGEST_PAUSE_US, attempt - 1));
            if (!provide_session(connection, false)) {
                *outcome = (struct db_outcome){.status = DB_UNAVAILABLE, .message = "the database cannot be reached"};
                return false;
            }
            if (attempt_call(connection, call, outcome) || clock_us() > give_up_at)
                break;
        }
    }
    log_outcome(connection->server, call, outcome);
    return true;
}
