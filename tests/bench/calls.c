/* CALLs straight from C, with none of the shim's code: what the shim's way to the database is measured by. */
#include <getopt.h>
#include <mysql.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_THREADS = 64, MAX_LIST = 1000, MAX_SECONDS = 600, REQUEST_TEXT = 48 };

enum mode { MODE_EVENT, MODE_LISTS, MODE_CANCEL_LISTS, MODE_REGISTER };

struct options {
    enum mode mode;
    const char *socket, *user, *database;
    const char *password; /* from the environment, where nobody else sees it */
    long threads, list, event, events, from, to;
    double seconds, warmup;
};

struct shared {
    struct options options;
    atomic_long next; /* the id that the next request takes */
    double measured_from, measured_to;
};

struct caller {
    pthread_t thread;
    struct shared *shared;
    MYSQL *mysql;
    uint64_t calls, requests, refused; /* of those that ended while it was measured */
    uint64_t all_refused;
    bool ran_out;
    char sql[MAX_LIST * REQUEST_TEXT + 128];
};

static double now_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void die(const char *what, const char *why) {
    fprintf(stderr, "calls: %s: %s\n", what, why);
    exit(2);
}

/* As the shim sets its sessions up. */
static MYSQL *open_session(const struct options *options) {
    static const char setup[] = "SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci, SESSION autocommit = 1, "
                                "SESSION time_zone = '+00:00'";
    unsigned protocol = MYSQL_PROTOCOL_SOCKET;
    MYSQL *mysql = mysql_init(NULL);

    if (mysql == NULL)
        die("mysql_init", "out of memory");
    mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (mysql_real_connect(mysql, NULL, options->user, options->password, options->database, 0, options->socket,
                           CLIENT_MULTI_RESULTS) == NULL ||
        mysql_query(mysql, setup) != 0)
        die("cannot connect", mysql_error(mysql));
    return mysql;
}

static bool takes_lists(enum mode mode) {
    return mode == MODE_LISTS || mode == MODE_CANCEL_LISTS;
}

static size_t write_list(char *sql, const struct options *options, long first, long count) {
    bool cancels = options->mode == MODE_CANCEL_LISTS;
    int length = sprintf(sql, "CALL %s('[", cancels ? "unregister_from_events" : "register_for_events");

    for (long user = first; user < first + count; user++)
        length += sprintf(sql + length, "%s[%ld,%ld%s]", user > first ? "," : "", user,
                          options->event + (user - options->from) % options->events, cancels ? "" : ",1");
    length += sprintf(sql + length, "]', TRUE)");
    return (size_t)length;
}

/* Writes the statement for the next `count` ids; 0 if there are not so many left, where each serves only once. */
static size_t write_call(struct caller *caller, long count) {
    const struct options *options = &caller->shared->options;
    long number = atomic_fetch_add(&caller->shared->next, count);
    char *sql = caller->sql;

    if (options->mode == MODE_EVENT) {
        long id = options->from + number % (options->to - options->from + 1);
        return (size_t)sprintf(sql, "CALL get_event(%ld)", id);
    }
    if (options->from + number + count - 1 > options->to)
        return 0;
    if (options->mode == MODE_REGISTER)
        return (size_t)sprintf(sql, "CALL register_for_event(%ld, %ld, 1)", options->from + number, options->event);
    return write_list(sql, options, options->from + number, count);
}

/* Reads all results of the last statement and drops them; returns how many requests were refused. */
static uint64_t read_results(struct caller *caller) {
    MYSQL *mysql = caller->mysql;
    uint64_t refused = 0;
    MYSQL_ROW row;
    int more;

    do {
        MYSQL_RES *result = mysql_store_result(mysql);
        if (result == NULL && mysql_field_count(mysql) != 0)
            die("result", mysql_error(mysql));
        if (result != NULL) {
            while (takes_lists(caller->shared->options.mode) && (row = mysql_fetch_row(result)) != NULL)
                refused += row[0] != NULL; /* its SQLSTATE */
            mysql_free_result(result);
        }
    } while ((more = mysql_next_result(mysql)) == 0);
    if (more > 0)
        die("result", mysql_error(mysql));
    return refused;
}

static void *call_until_done(void *argument) {
    struct caller *caller = argument;
    const struct shared *shared = caller->shared;
    long count = takes_lists(shared->options.mode) ? shared->options.list : 1;

    for (double now = 0; now < shared->measured_to;) {
        uint64_t refused = 0;
        size_t length = write_call(caller, count);
        caller->ran_out = length == 0;
        if (caller->ran_out)
            break;
        if (mysql_real_query(caller->mysql, caller->sql, length) == 0)
            refused = read_results(caller);
        else if (strncmp(mysql_sqlstate(caller->mysql), "45", 2) == 0)
            refused = 1;
        else
            die("call", mysql_error(caller->mysql));
        now = now_seconds();
        caller->all_refused += refused;
        if (now >= shared->measured_from && now < shared->measured_to) {
            caller->calls++;
            caller->requests += (uint64_t)count;
            caller->refused += refused;
        }
    }
    return NULL;
}

static double number(const char *name, const char *text, double minimum, double maximum) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= minimum && value <= maximum))
        die(name, "not a number of the kind");
    return value;
}

static enum mode read_mode(const char *text) {
    if (strcmp(text, "event") == 0)
        return MODE_EVENT;
    if (strcmp(text, "lists") == 0)
        return MODE_LISTS;
    if (strcmp(text, "cancel-lists") == 0)
        return MODE_CANCEL_LISTS;
    if (strcmp(text, "register") != 0)
        die("--mode", "event, lists, cancel-lists or register");
    return MODE_REGISTER;
}

static void usage(void) {
    fprintf(
        stderr,
        "usage: calls --mode event|lists|cancel-lists|register --socket PATH --user USER\n"
        "             --database NAME --from ID --to ID [--event ID] [--events N] [--list N] [--threads N] [--seconds "
        "S] [--warmup S]\n"
        "The ids are those of events for the first mode and of participants for the others, who take turns on\n"
        "the events from --event on. The password\n"
        "comes from CALLS_PASSWORD in the environment.\n");
    exit(2);
}

/* Takes one option; false if there is none of the kind. */
static bool take_option(struct options *options, int option, const char *value) {
    switch (option) {
    case 'm':
        options->mode = read_mode(value);
        return true;
    case 'S':
        options->socket = value;
        return true;
    case 'u':
        options->user = value;
        return true;
    case 'd':
        options->database = value;
        return true;
    case 'f':
        options->from = (long)number("--from", value, 1, 1e12);
        return true;
    case 't':
        options->to = (long)number("--to", value, 1, 1e12);
        return true;
    case 'e':
        options->event = (long)number("--event", value, 1, 1e12);
        return true;
    case 'v':
        options->events = (long)number("--events", value, 1, 1e6);
        return true;
    case 'l':
        options->list = (long)number("--list", value, 1, MAX_LIST);
        return true;
    case 'n':
        options->threads = (long)number("--threads", value, 1, MAX_THREADS);
        return true;
    case 's':
        options->seconds = number("--seconds", value, 0.001, MAX_SECONDS);
        return true;
    case 'w':
        options->warmup = number("--warmup", value, 0, MAX_SECONDS);
        return true;
    default:
        return false;
    }
}

static struct options read_options(int argc, char **argv) {
    static const struct option names[] = {
        {"mode", required_argument, NULL, 'm'},
        {"socket", required_argument, NULL, 'S'},
        {"user", required_argument, NULL, 'u'},
        {"database", required_argument, NULL, 'd'},
        {"from", required_argument, NULL, 'f'},
        {"to", required_argument, NULL, 't'},
        {"event", required_argument, NULL, 'e'},
        {"events", required_argument, NULL, 'v'},
        {"list", required_argument, NULL, 'l'},
        {"threads", required_argument, NULL, 'n'},
        {"seconds", required_argument, NULL, 's'},
        {"warmup", required_argument, NULL, 'w'},
        {NULL, 0, NULL, 0},
    };
    struct options options = {.mode = MODE_EVENT, .threads = 1, .list = 50, .event = 1, .events = 1, .seconds = 1};
    int option;

    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (!take_option(&options, option, optarg))
            usage();
    }
    if (optind != argc || options.socket == NULL || options.user == NULL || options.database == NULL ||
        options.from == 0 || options.to < options.from)
        usage();
    options.password = getenv("CALLS_PASSWORD");
    return options;
}

static void report(const struct options *options, const struct caller *callers, double seconds) {
    uint64_t calls = 0, requests = 0, refused = 0, all_refused = 0;
    bool ran_out = false;

    for (long i = 0; i < options->threads; i++) {
        calls += callers[i].calls;
        requests += callers[i].requests;
        refused += callers[i].refused;
        all_refused += callers[i].all_refused;
        ran_out = ran_out || callers[i].ran_out;
    }
    printf("{\"threads\": %ld, \"seconds\": %.6f, \"calls\": %lu, \"requests\": %lu, \"refused\": %lu, "
           "\"all_refused\": %lu, \"rate\": %.2f, \"exhausted\": %s}\n",
           options->threads, seconds, calls, requests, refused, all_refused, (double)requests / seconds,
           ran_out ? "true" : "false");
}

int main(int argc, char **argv) {
    static struct shared shared;
    struct options *options = &shared.options;

    *options = read_options(argc, argv);
    struct caller *callers = calloc((size_t)options->threads, sizeof *callers);
    if (callers == NULL || mysql_library_init(0, NULL, NULL) != 0)
        die("cannot start", "out of memory");
    for (long i = 0; i < options->threads; i++) {
        callers[i].shared = &shared;
        callers[i].mysql = open_session(options);
    }
    shared.measured_from = now_seconds() + options->warmup;
    shared.measured_to = shared.measured_from + options->seconds;
    for (long i = 0; i < options->threads; i++) {
        if (pthread_create(&callers[i].thread, NULL, call_until_done, &callers[i]) != 0)
            die("pthread_create", "no more threads");
    }
    for (long i = 0; i < options->threads; i++) {
        pthread_join(callers[i].thread, NULL);
        mysql_close(callers[i].mysql);
    }
    /* Where the ids ran out, the time was shorter. */
    double end = now_seconds() < shared.measured_to ? now_seconds() : shared.measured_to;
    report(options, callers, end - shared.measured_from);
    free(callers);
    mysql_library_end();
    return 0;
}
