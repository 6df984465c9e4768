/* How many requests may be under way at once, and when to leave SendGrid alone. */
#include "notifier/pace.h"

#include "db/common/clock.h"

enum {
    MOST_FAILURES = 3,  /* in a row, before the pass ends */
    MOST_LIMITED = 10,  /* likewise, answers that the rate limit is reached */
    LONGEST_WAIT = 120, /* seconds */
};

struct pace pace_new(long most) {
    return (struct pace){.most = (size_t)most, .window = 1};
}

bool pace_allows(const struct pace *pace, size_t under_way) {
    return under_way < pace->window && clock_us() >= pace->paused_until_us;
}

void pace_succeeded(struct pace *pace) {
    pace_answered(pace);
    pace->limited = 0;
    pace->window = 2 * pace->window < pace->most ? 2 * pace->window : pace->most;
}

void pace_answered(struct pace *pace) {
    pace->failures = 0;
}

bool pace_failed(struct pace *pace) {
    pace->window = 1;
    return ++pace->failures >= MOST_FAILURES;
}

bool pace_limited(struct pace *pace, long seconds) {
    int64_t until = clock_us() + seconds * 1000000LL;
    if (until > pace->paused_until_us)
        pace->paused_until_us = until;
    pace->window = 1;
    return ++pace->limited >= MOST_LIMITED || seconds > LONGEST_WAIT;
}
