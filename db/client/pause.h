/* Pauses between attempts. */
#ifndef EVENTHUB_DB_PAUSE_H
#define EVENTHUB_DB_PAUSE_H

#include <stdint.h>
#include <stdlib.h>

/* Exponential backoff with jitter: the pause doubles with each attempt, up to `longest`, and a random part of it (at
 * least an eighth) is returned, so that clients which have collided do not collide again. */
static inline int64_t pause_jitter(unsigned *seed, int64_t first, int64_t longest, unsigned attempt) {
    int64_t pause = attempt < 16 ? first << attempt : longest;
    if (pause > longest)
        pause = longest;
    return pause / 8 + (int64_t)((double)pause * 7 / 8 * rand_r(seed) / RAND_MAX);
}

#endif
