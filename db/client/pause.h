/* Pauses between attempts. */
#ifndef EVENTHUB_DB_PAUSE_H
#define EVENTHUB_DB_PAUSE_H

#include <stdint.h>
#include <stdlib.h>

/* Full jitter: a random part of a pause that doubles, so that those who collided do not meet again. */
static inline int64_t pause_jitter(unsigned *seed, int64_t first, int64_t longest, unsigned attempt) {
    int64_t pause = attempt < 16 ? first << attempt : longest;
    if (pause > longest)
        pause = longest;
    return pause / 8 + (int64_t)((double)pause * 7 / 8 * rand_r(seed) / RAND_MAX);
}

#endif
