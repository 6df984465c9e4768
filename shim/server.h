/* The server: its sockets, its event loop, and its orderly end. */
#ifndef EVENTHUB_SERVER_H
#define EVENTHUB_SERVER_H

#include "shim/settings.h"

/* Serves until SIGTERM or SIGINT, finishes what has arrived by then, and returns the process's exit status: 0, or 1 if
 * it could not begin, having logged why. */
int server_run(const struct shim_settings *settings);

#endif
