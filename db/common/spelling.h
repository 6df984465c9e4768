/* The edit distance of two words. */
#ifndef EVENTHUB_SPELLING_H
#define EVENTHUB_SPELLING_H

#include <stddef.h>

enum {
    SPELLING_LONGEST = 40, /* longer words are not compared */
    SPELLING_FAR = SPELLING_LONGEST + 1,
};

/* How many letters have to be inserted, deleted, changed or swapped with their neighbour to turn one word into the
 * other (optimal string alignment); SPELLING_FAR if one of them is too long. */
size_t spelling_distance(const char *a, const char *b);

#endif
