/* The singular or the plural of a word, for messages. */
#ifndef EVENTHUB_PLURAL_H
#define EVENTHUB_PLURAL_H

#include <stdint.h>

static inline const char *plural(int64_t count, const char *one, const char *many) {
    return count == 1 ? one : many;
}

#endif
