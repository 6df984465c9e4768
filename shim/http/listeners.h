/* The sockets that clients connect to: one of our own, or those that systemd hands over (sd_listen_fds(3)). */
#ifndef EVENTHUB_LISTENERS_H
#define EVENTHUB_LISTENERS_H

#include <event2/event.h>
#include <event2/http.h>
#include <stdbool.h>

struct listeners;

struct listeners_options {
    const char *host;
    long port;
    bool reuse_port;
};

/* Where the environment says that sockets are handed over (LISTEN_PID is this process, LISTEN_FDS their number, from
 * descriptor 3 on), takes those, and `options` say nothing. What is wrong with them goes to the log, and the result is
 * NULL. */
struct listeners *listeners_open(struct event_base *base, struct evhttp *http, const struct listeners_options *options);

/* Accepts connections, which it does from the start, or lets them wait in the kernel's queue. */
void listeners_enable(struct listeners *listeners, bool enable);

/* No more connections are accepted. What waits for a socket that was handed over waits on, for whoever gets it next. */
void listeners_close(struct listeners *listeners);

/* Tells the log where connections are accepted. */
void listeners_log(const struct listeners *listeners);

void listeners_free(struct listeners *listeners);

#endif
