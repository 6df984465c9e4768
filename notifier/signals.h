/* SIGTERM, SIGINT and SIGHUP, read from a descriptor at a moment of our choosing. */
#ifndef EVENTHUB_SIGNALS_H
#define EVENTHUB_SIGNALS_H

#include <stdbool.h>

struct signals {
    int fd;     /* readable when a signal has come; -1 if not open */
    bool asked; /* a signal has asked for the end */
};

/* Blocks these signals, and ignores SIGPIPE. False, with errno set, if that is not possible. */
bool signals_open(struct signals *signals);
void signals_close(struct signals *signals);

/* Whether a signal has asked for the end, now or before. */
bool signals_asked(struct signals *signals);

#endif
