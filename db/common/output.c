/* The end of what a program says on standard output. */
#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool output_finish(void) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    /* Of an earlier failure nothing is known any more but that there was one. */
    fprintf(stderr, "standard output cannot be written%s%s\n", errno != 0 ? ": " : "",
            errno != 0 ? strerror(errno) : "");
    return false;
}
