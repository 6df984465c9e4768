/* Standard output: makes sure that it is open, and that everything printed there was written. */
#include "db/common/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* If a program is started without standard input, output or error, its first sockets get those descriptors, and
 * whatever it prints goes to a client. So /dev/null takes the free ones. It is open for reading only, so that printing
 * fails as it would on a closed descriptor. */
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
    /* If an earlier write failed, its errno is lost, and only the failure itself is known. */
    fprintf(stderr, "standard output cannot be written%s%s\n", errno != 0 ? ": " : "",
            errno != 0 ? strerror(errno) : "");
    return false;
}
