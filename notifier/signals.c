/* SIGTERM, SIGINT and SIGHUP as a descriptor: read in between, not where they strike. */
#include "signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "../db/common/log.h"

bool signals_open(struct signals *signals) {
    sigset_t set;

    *signals = (struct signals){.fd = -1};
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return false;
    signals->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return signals->fd >= 0;
}

void signals_close(struct signals *signals) {
    if (signals->fd >= 0)
        close(signals->fd);
    signals->fd = -1;
}

bool signals_asked(struct signals *signals) {
    struct signalfd_siginfo info;

    while (read(signals->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (!signals->asked)
            log_info("stopping on signal %u", info.ssi_signo);
        signals->asked = true;
    }
    return signals->asked;
}
