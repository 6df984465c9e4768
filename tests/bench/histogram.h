/* Counts of durations, of which a percentile is known to within half a percent, however many there are. */
#ifndef EVENTHUB_BENCH_HISTOGRAM_H
#define EVENTHUB_BENCH_HISTOGRAM_H

#include <stdint.h>

/* The bits of a value that are kept below its highest one: 2^7 slots for each power of two. */
enum { HISTOGRAM_BITS = 7, HISTOGRAM_SLOTS = (64 - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS };

/* Zeroed it is empty. */
struct histogram {
    uint64_t total;
    uint64_t max;
    uint64_t counts[HISTOGRAM_SLOTS];
};

void histogram_add(struct histogram *histogram, uint64_t value);

/* The value that `fraction` of all are not above; 0 of none. */
uint64_t histogram_percentile(const struct histogram *histogram, double fraction);

#endif
