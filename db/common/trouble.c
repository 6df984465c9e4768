/* Logs a trouble that lasts: when it begins, now and then while it lasts, and when it is over. */
#include "db/common/trouble.h"

#include <stdio.h>
#include <string.h>

#include "db/common/log.h"

static long long seconds_between(int64_t from, int64_t to) {
    return (long long)((to - from) / 1000000);
}

/* Keeps the reason, cut to the room for it. Returns whether it is another one than before; both are compared as cut. */
static bool take_reason(struct trouble *trouble, const char *reason) {
    char taken[sizeof trouble->reason];

    if (reason == NULL)
        return false;
    snprintf(taken, sizeof taken, "%s", reason);
    bool is_new = strcmp(taken, trouble->reason) != 0;
    memcpy(trouble->reason, taken, sizeof taken);
    return is_new;
}

void trouble_met(struct trouble *trouble, const char *reason, int64_t now) {
    bool is_new = take_reason(trouble, reason);

    trouble->times++;
    if (!trouble->is_on) {
        trouble->is_on = true;
        trouble->since_us = now;
        log_error("%s: %s", trouble->name, trouble->reason);
    } else if (seconds_between(trouble->told_us, now) >= (is_new ? TROUBLE_CHANGE_SECONDS : TROUBLE_PAUSE_SECONDS)) {
        log_error("%s for %lld s, met %lu times since this was last said: %s", trouble->name,
                  seconds_between(trouble->since_us, now), trouble->times, trouble->reason);
    } else {
        return;
    }
    trouble->told_us = now;
    trouble->times = 0;
}

void trouble_over(struct trouble *trouble, int64_t now) {
    if (!trouble->is_on)
        return;
    log_info("%s, after %lld s", trouble->relief, seconds_between(trouble->since_us, now));
    trouble->is_on = false;
    trouble->times = 0;
    trouble->reason[0] = '\0';
}
