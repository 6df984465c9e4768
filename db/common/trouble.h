/* A trouble that lasts, in the log: told when it begins, now and then while it lasts, and when it is over. */
#ifndef EVENTHUB_TROUBLE_H
#define EVENTHUB_TROUBLE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    TROUBLE_PAUSE_SECONDS = 60,  /* from one line to the next */
    TROUBLE_CHANGE_SECONDS = 10, /* to one that gives another reason */
};

/* The caller sets `name` and `relief`, and sees to it that one thread at a time uses it. */
struct trouble {
    const char *name;   /* "database unreachable" */
    const char *relief; /* "database reachable again" */
    bool is_on;
    int64_t since_us;
    int64_t told_us;
    unsigned long times; /* that it was met since it was told */
    char reason[512];
};

/* The trouble is met once more, at the moment `now` (clock_us). `reason` says why; NULL: for the reason already given.
 */
void trouble_met(struct trouble *trouble, const char *reason, int64_t now);

/* It is over, if it was on. */
void trouble_over(struct trouble *trouble, int64_t now);

#endif
