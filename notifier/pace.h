/* How many requests may be under way at once, and when to leave SendGrid alone. */
#ifndef EVENTHUB_PACE_H
#define EVENTHUB_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pace {
    size_t most;
    size_t window;     /* one until something succeeds, so that a wrong key is tried once; then it doubles */
    unsigned failures; /* requests in a row that failed */
    unsigned limited;  /* answers in a row that the rate limit is reached */
    int64_t paused_until_us;
};

struct pace pace_new(long most);

/* Whether another request may be started while so many are under way. */
bool pace_allows(const struct pace *pace, size_t under_way);

void pace_succeeded(struct pace *pace);

/* SendGrid answered, if only to refuse a mail. */
void pace_answered(struct pace *pace);

/* A request failed: SendGrid is ill or away. Whether the pass had better leave it alone. */
bool pace_failed(struct pace *pace);

/* SendGrid's rate limit is reached, for so many seconds. Whether that is too long to wait. */
bool pace_limited(struct pace *pace, long seconds);

#endif
