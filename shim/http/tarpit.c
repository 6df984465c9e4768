/* A tarpit: holds refused requests for a while before they are answered, so that clients that ask again at once cannot
 * keep the event loop busy with refusals. */
#include "shim/http/tarpit.h"

#include <stdlib.h>

#include "db/common/clock.h"

struct tarpit {
    struct tarpit_options options;
    struct event *timer; /* expires when the first entry is due */
    STAILQ_HEAD(, tarpit_entry) held;
    int64_t second_us; /* when the present second began */
    size_t count;      /* of refusals in it */
};

/* False if the timer cannot be had. */
static bool wait_for_first(struct tarpit *tarpit, int64_t now) {
    const struct tarpit_entry *first = STAILQ_FIRST(&tarpit->held);
    int64_t left = first->due_us > now ? first->due_us - now : 0;
    const struct timeval wait = {.tv_sec = left / 1000000, .tv_usec = left % 1000000};

    return event_add(tarpit->timer, &wait) == 0;
}

static void release_until(struct tarpit *tarpit, int64_t now) {
    struct tarpit_entry *entry;

    while ((entry = STAILQ_FIRST(&tarpit->held)) != NULL && entry->due_us <= now) {
        STAILQ_REMOVE_HEAD(&tarpit->held, link);
        entry->release(entry);
    }
}

static void expired(evutil_socket_t fd, short what, void *argument) {
    struct tarpit *tarpit = argument;
    int64_t now = clock_us();

    (void)fd;
    (void)what;
    release_until(tarpit, now);
    if (!STAILQ_EMPTY(&tarpit->held) && !wait_for_first(tarpit, now))
        release_until(tarpit, INT64_MAX);
}

struct tarpit *tarpit_new(struct event_base *base, const struct tarpit_options *options) {
    struct tarpit *tarpit = calloc(1, sizeof *tarpit);
    if (tarpit == NULL)
        return NULL;
    tarpit->options = *options;
    STAILQ_INIT(&tarpit->held);
    tarpit->timer = event_new(base, -1, 0, expired, tarpit);
    if (tarpit->timer == NULL) {
        free(tarpit);
        return NULL;
    }
    return tarpit;
}

void tarpit_free(struct tarpit *tarpit) {
    if (tarpit == NULL)
        return;
    release_until(tarpit, INT64_MAX);
    event_free(tarpit->timer);
    free(tarpit);
}

bool tarpit_hold(struct tarpit *tarpit, struct tarpit_entry *entry) {
    int64_t now = clock_us();
    bool was_empty = STAILQ_EMPTY(&tarpit->held);

    if (now - tarpit->second_us >= 1000000) {
        tarpit->second_us = now;
        tarpit->count = 0;
    }
    if (tarpit->count++ < tarpit->options.at_once)
        return false;
    entry->due_us = now + tarpit->options.hold_us;
    STAILQ_INSERT_TAIL(&tarpit->held, entry, link);
    if (!was_empty || wait_for_first(tarpit, now))
        return true;
    STAILQ_INIT(&tarpit->held);
    return false;
}
