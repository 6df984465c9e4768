/* What a pass has come to so far, and how its operator is told. */
#ifndef EVENTHUB_PROGRESS_H
#define EVENTHUB_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    int64_t claimed;
    int64_t sent;
    int64_t waiting; /* to be tried again, of those that were claimed */
    int64_t resting; /* failed in an earlier pass, and are not due again yet */
    int64_t dead;
    int64_t unconfirmed;
    int64_t released; /* given back unsent */
    int64_t lost;     /* not reported on: their lease will end */
    int64_t requests;

    int64_t expected; /* how many there seem to be in all */
    int64_t begun_us;
    int64_t shown_us;
    bool on_terminal;
    bool visible; /* a line stands on the terminal */
};

void progress_begin(struct progress *progress);

/* So many mails are due besides those that were claimed, and so many wait for their next try in all. */
void progress_expect(struct progress *progress, int64_t due, int64_t waiting);

/* Where standard error is a terminal and the pass takes more than a second: one line, renewed a few times a second. */
void progress_show(struct progress *progress);

/* Takes that line away. */
void progress_end(struct progress *progress);

/* Whether there was anything to do or to tell. */
bool progress_is_empty(const struct progress *progress);

/* One line on standard output. */
void progress_summarize(const struct progress *progress);

#endif
