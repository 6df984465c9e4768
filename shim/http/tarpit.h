/* A tarpit: holds refused requests for a while before they are answered, so that clients that ask again at once cannot
 * keep the event loop busy with refusals. */
#ifndef EVENTHUB_TARPIT_H
#define EVENTHUB_TARPIT_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/* To be used by one thread. */
struct tarpit;

/* It is embedded in a structure of the caller's, who keeps it alive until `release` is called. */
struct tarpit_entry {
    void (*release)(struct tarpit_entry *entry);
    int64_t due_us;
    STAILQ_ENTRY(tarpit_entry) link;
};

struct tarpit_options {
    size_t at_once;  /* so many refusals a second are not held */
    int64_t hold_us; /* how long each of the others is */
};

/* NULL if memory is out. */
struct tarpit *tarpit_new(struct event_base *base, const struct tarpit_options *options);

/* Releases all that are held. */
void tarpit_free(struct tarpit *tarpit);

/* Holds the entry and releases it later, in order; false if it may go at once. */
bool tarpit_hold(struct tarpit *tarpit, struct tarpit_entry *entry);

#endif
