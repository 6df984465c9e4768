/* The sockets that this server listens on: one that it opens, or those that systemd hands over (sd_listen_fds(3)). */
#ifndef EVENTHUB_LISTENERS_H
#define EVENTHUB_LISTENERS_H

#include <event2/http.h>
#include <stdbool.h>

struct listeners;

struct listeners_options {
    const char *host;
    long port;
    bool reuse_port;
};

/* Opens the socket that `options` describe. If systemd hands sockets over instead (LISTEN_PID is this process,
 * LISTEN_FDS is their number, from descriptor 3 on), takes those and ignores `options`. NULL if that fails; the log
 * says why, unless memory is out. */
struct listeners *listeners_open(struct event_base *base, struct evhttp *http, const struct listeners_options *options);

/* Accepts new connections (as it does from the start), or lets them wait in the kernel's queue. */
void listeners_enable(struct listeners *listeners, bool enable);

/* Closes the sockets. Clients that wait on a socket from systemd keep waiting, for the process that gets it next. */
void listeners_close(struct listeners *listeners);

/* Logs the address of each socket. */
void listeners_log(const struct listeners *listeners);

void listeners_free(struct listeners *listeners);

#endif
