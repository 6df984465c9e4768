/* Counts of durations in slots that are as wide as their values are large, as HdrHistogram has them. */
#include "tests/bench/histogram.h"

enum { PER_POWER = 1 << HISTOGRAM_BITS };

static unsigned slot_of(uint64_t value) {
    if (value < PER_POWER)
        return (unsigned)value;
    unsigned shift = 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_BITS;
    return shift * PER_POWER + (unsigned)(value >> shift);
}

/* The middle of the slot. */
static uint64_t value_of(unsigned slot) {
    if (slot < 2 * PER_POWER)
        return slot;
    unsigned shift = slot / PER_POWER - 1;
    return ((uint64_t)(slot % PER_POWER + PER_POWER) << shift) + ((uint64_t)1 << shift) / 2;
}

void histogram_add(struct histogram *histogram, uint64_t value) {
    histogram->counts[slot_of(value)]++;
    histogram->total++;
    if (value > histogram->max)
        histogram->max = value;
}

uint64_t histogram_percentile(const struct histogram *histogram, double fraction) {
    double wanted = fraction * (double)histogram->total;
    uint64_t seen = 0;

    for (unsigned slot = 0; slot < HISTOGRAM_SLOTS; slot++) {
        seen += histogram->counts[slot];
        if (seen > 0 && (double)seen >= wanted)
            return value_of(slot) < histogram->max ? value_of(slot) : histogram->max;
    }
    return 0;
}
