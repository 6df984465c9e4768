/* The server: its sockets, its event loop, and its graceful drain. */
#ifndef EVENTHUB_SERVER_H
#define EVENTHUB_SERVER_H

#include "shim/settings.h"

/* Serves until SIGTERM or SIGINT, then answers the requests that have arrived. Returns the process's exit status: 0, or
 * 1 if the server could not start, with the reason logged. */
int server_run(const struct shim_settings *settings);

#endif
