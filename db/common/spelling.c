/* The edit distance of two words. */
#include "db/common/spelling.h"

#include <string.h>

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

size_t spelling_distance(const char *a, const char *b) {
    size_t rows[3][SPELLING_LONGEST + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    size_t length_a = strlen(a), length_b = strlen(b);

    if (length_a > SPELLING_LONGEST || length_b > SPELLING_LONGEST)
        return SPELLING_FAR;
    for (size_t j = 0; j <= length_b; j++)
        last[j] = j;
    for (size_t i = 1; i <= length_a; i++) {
        now[0] = i;
        for (size_t j = 1; j <= length_b; j++) {
            now[j] = least(least(now[j - 1], last[j]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
        size_t *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[length_b];
}
