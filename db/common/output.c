/* Standard output: that there is one, and that what a program has said there was written. */
#include "db/common/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A program that was started without standard input, output or error would give their numbers to its sockets, which got
 * what it says. What stands there instead is open for reading only, so that writing fails as it would without. */
void output_begin(void) {
    int descriptor;
    do
        descriptor = open("/dev/null", O_RDONLY);
    while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    if (descriptor >= 0)
        close(descriptor);
}

bool output_finish(void) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    /* Of an earlier failure nothing is known any more but that there was one. */
    fprintf(stderr, "standard output cannot be written%s%s\n", errno != 0 ? ": " : "",
            errno != 0 ? strerror(errno) : "");
    return false;
}
