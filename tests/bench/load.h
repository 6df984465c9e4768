/* What a run of load is asked for, where it stands, and what it has measured. */
#ifndef EVENTHUB_BENCH_LOAD_H
#define EVENTHUB_BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/histogram.h"
#include "tests/bench/script.h"

enum {
    MAX_SECONDS = 600,
    MAX_CONNECTIONS = 60000,
    MAX_REQUEST = 8192,
    MAX_HEAD = 65536,
    RECEIVED = 1 << 18,
    EVENTS = 256,
    OPENING = 64,        /* connections under way at once: more would overflow what the server lets wait */
    MAX_REFUSALS = 100,  /* in a row: the server has gone */
    MAX_ERRORS = 100000, /* in all: there is nothing to be measured */
    TICK_MS = 20,
    MAX_STATUS = 600,
};

static const int64_t NS_PER_SECOND = 1000000000;

enum state { CLOSED, CONNECTING, BUSY, IDLE };

struct connection {
    int fd;
    enum state state;
    bool last;        /* the server closes it after this answer */
    bool has_head;    /* of the answer only the body is still to come */
    int status;       /* of the answer that has a head */
    size_t line;      /* of the script, which the request was made from */
    size_t body_left; /* bytes */
    char *part;       /* of a head, if it did not come at once */
    size_t part_length;
    int64_t sent_at;
};

struct counts {
    uint64_t statuses[MAX_STATUS];
    uint64_t connect, reset, timeout, broken;
};

struct load {
    int port;
    size_t connection_count;
    double seconds, warmup, timeout, hold;
    uint64_t count;     /* of requests, at most; 0 for no limit */
    bool once;          /* no line of the script is sent twice */
    const char *header; /* that every request has besides its own, or NULL */
    bool retry;         /* an answer of 503 is followed by the same request, at once */
    struct script script;

    struct connection *connections;
    size_t *closed; /* those that are to be opened */
    size_t closed_count;
    size_t opening, busy;
    int epoll;
    uint64_t sent;
    unsigned refusals;
    bool sending;   /* requests are sent */
    bool measuring; /* answers count */
    bool exhausted; /* no request is left */
    bool gave_up;
    int64_t measured_from, measured_to;
    double cpu_from, cpu_to;
    struct counts measured, all;
    struct histogram latencies;
};

/* Ends the program with what has failed, and why. */
__attribute__((noreturn)) void load_die(const char *what, const char *why);

/* Reads the command line; ends the program if it makes no sense. */
void load_read_options(struct load *load, int argc, char **argv);

/* How many connections are open and say nothing. */
size_t load_held(const struct load *load);

/* Prints what was measured, as JSON. */
void load_report(const struct load *load);

#endif
