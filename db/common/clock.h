/* Time that only goes forward, for durations and deadlines. */
#ifndef EVENTHUB_CLOCK_H
#define EVENTHUB_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Microseconds since some moment before the program began (CLOCK_MONOTONIC). */
static inline int64_t clock_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

#endif
