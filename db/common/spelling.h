/* How far apart two words are. */
#ifndef EVENTHUB_SPELLING_H
#define EVENTHUB_SPELLING_H

#include <stddef.h>

enum {
    SPELLING_LONGEST = 40, /* of words that are looked at */
    SPELLING_FAR = SPELLING_LONGEST + 1,
};

/* How many letters are to be put in, left out, changed or exchanged with their neighbour to make one of the other
 * (optimal string alignment); SPELLING_FAR if one of them is too long. */
size_t spelling_distance(const char *a, const char *b);

#endif
