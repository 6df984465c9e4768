/* Logs a trouble that lasts: when it begins, now and then while it lasts, and when it is over. */
#ifndef EVENTHUB_TROUBLE_H
#define EVENTHUB_TROUBLE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    TROUBLE_PAUSE_SECONDS = 60,  /* between two lines that give the same reason */
    TROUBLE_CHANGE_SECONDS = 10, /* before a line that gives another reason */
};

/* The caller sets `name` and `relief`, and makes sure that only one thread at a time uses the structure. */
struct trouble {
    const char *name;   /* "database unreachable" */
    const char *relief; /* "database reachable again" */
    bool is_on;
    int64_t since_us;
    int64_t told_us;     /* when the last line was logged */
    unsigned long times; /* how often it was met since the last line */
    char reason[512];
};

/* Reports that the trouble was met, at the moment `now` (clock_us). `reason` says why; NULL means the same reason as
 * before. */
void trouble_met(struct trouble *trouble, const char *reason, int64_t now);

/* Reports that there is no trouble; logs that it is over, if there was one. */
void trouble_over(struct trouble *trouble, int64_t now);

#endif
