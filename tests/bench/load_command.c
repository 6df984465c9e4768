/* The command line of load, and the line that it prints in the end. */
#include "tests/bench/load.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void load_die(const char *what, const char *why) {
    fprintf(stderr, "load: %s: %s\n", what, why);
    exit(2);
}

static double number(const char *name, const char *text, double minimum, double maximum) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= minimum && value <= maximum))
        load_die(name, "not a number of the kind");
    return value;
}

static void usage(void) {
    fprintf(stderr, "usage: load --port PORT [--connections N] [--seconds S] [--warmup S] [--count N] [--once]\n"
                    "            [--timeout S] [--hold S] [--retry] [--header LINE] FILE\n"
                    "FILE has lines METHOD PATH TOKEN [BODY], with - for no token. It is gone through again and again\n"
                    "until the time is up or --count requests are sent; with --once, no line is sent twice.\n"
                    "--hold: each connection sends one request, and is then kept open so long.\n"
                    "--retry: a request that is answered 503 is sent again at once.\n"
                    "--header: a line, such as Accept-Encoding: gzip, that every request has besides its own.\n");
    exit(2);
}

/* Takes one option; false if there is none of the kind. */
static bool take_option(struct load *load, int option, const char *value) {
    switch (option) {
    case 'p':
        load->port = (int)number("--port", value, 1, 65535);
        return true;
    case 'c':
        load->connection_count = (size_t)number("--connections", value, 1, MAX_CONNECTIONS);
        return true;
    case 's':
        load->seconds = number("--seconds", value, 0.001, MAX_SECONDS);
        return true;
    case 'w':
        load->warmup = number("--warmup", value, 0, MAX_SECONDS);
        return true;
    case 'n':
        load->count = (uint64_t)number("--count", value, 1, 1e12);
        return true;
    case 'o':
        load->once = true;
        return true;
    case 't':
        load->timeout = number("--timeout", value, 0.001, MAX_SECONDS);
        return true;
    case 'h':
        load->hold = number("--hold", value, 0.001, MAX_SECONDS);
        return true;
    case 'r':
        load->retry = true;
        return true;
    case 'a':
        load->header = value;
        return true;
    default:
        return false;
    }
}

void load_read_options(struct load *load, int argc, char **argv) {
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},
        {"connections", required_argument, NULL, 'c'},
        {"seconds", required_argument, NULL, 's'},
        {"warmup", required_argument, NULL, 'w'},
        {"count", required_argument, NULL, 'n'},
        {"once", no_argument, NULL, 'o'},
        {"timeout", required_argument, NULL, 't'},
        {"hold", required_argument, NULL, 'h'},
        {"retry", no_argument, NULL, 'r'},
        {"header", required_argument, NULL, 'a'},
        {NULL, 0, NULL, 0},
    };
    int option;

    *load = (struct load){.connection_count = 1, .seconds = 1, .timeout = 15};
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (!take_option(load, option, optarg))
            usage();
    }
    if (load->port == 0 || optind != argc - 1)
        usage();
    if (!script_open(&load->script, argv[optind], !load->once))
        load_die(argv[optind], strerror(errno));
    load->script.header = load->header;
}

size_t load_held(const struct load *load) {
    size_t count = 0;
    for (size_t i = 0; i < load->connection_count; i++)
        count += load->connections[i].state == IDLE;
    return count;
}

static uint64_t print_statuses(const char *name, const struct counts *counts) {
    uint64_t total = 0;

    printf(", \"%s\": {", name);
    for (int status = 0; status < MAX_STATUS; status++) {
        if (counts->statuses[status] > 0)
            printf("%s\"%d\": %lu", total > 0 ? ", " : "", status, counts->statuses[status]);
        total += counts->statuses[status];
    }
    printf("}");
    return total;
}

static double microseconds(uint64_t ns) {
    return (double)ns / 1000;
}

void load_report(const struct load *load) {
    double seconds = (double)(load->measured_to - load->measured_from) / (double)NS_PER_SECOND;
    const struct histogram *latencies = &load->latencies;
    uint64_t good = 0;

    for (int status = 200; status < 300; status++)
        good += load->measured.statuses[status];
    printf("{\"connections\": %zu, \"seconds\": %.6f", load->connection_count, seconds);
    uint64_t requests = print_statuses("statuses", &load->measured);
    print_statuses("all_statuses", &load->all);
    printf(", \"errors\": {\"connect\": %lu, \"reset\": %lu, \"timeout\": %lu, \"broken\": %lu}", load->all.connect,
           load->all.reset, load->all.timeout, load->all.broken);
    printf(", \"requests\": %lu, \"rate\": %.2f, \"good_rate\": %.2f", requests,
           seconds > 0 ? (double)requests / seconds : 0, seconds > 0 ? (double)good / seconds : 0);
    printf(", \"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f",
           microseconds(histogram_percentile(latencies, 0.5)), microseconds(histogram_percentile(latencies, 0.9)),
           microseconds(histogram_percentile(latencies, 0.99)), microseconds(latencies->max));
    printf(", \"cpu\": %.3f, \"held\": %zu, \"exhausted\": %s, \"gave_up\": %s}\n",
           seconds > 0 ? (load->cpu_to - load->cpu_from) / seconds : 0, load_held(load),
           load->exhausted ? "true" : "false", load->gave_up ? "true" : "false");
}
