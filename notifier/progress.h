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
    int64_t lost;     /* their result could not be recorded: they are due again when their lease ends */
    int64_t requests;

    int64_t expected; /* how many there seem to be in all */
    int64_t begun_us;
    int64_t shown_us;
    bool on_terminal;
    bool visible; /* a line stands on the terminal */
};

void progress_begin(struct progress *progress);

/* Planning has found so many mails due, besides those that are claimed, and so many that wait for their next try. */
void progress_expect(struct progress *progress, int64_t due, int64_t waiting);

/* Shows one line of progress, a few times a second, if standard error is a terminal and the pass takes longer than a
 * second. */
void progress_show(struct progress *progress);

/* Takes that line away. */
void progress_end(struct progress *progress);

/* Whether there was nothing to do, and there is nothing to tell. */
bool progress_is_empty(const struct progress *progress);

/* Prints one line on standard output. */
void progress_summarize(const struct progress *progress);

#endif
