/* SIGTERM, SIGINT and SIGHUP, read from a descriptor at a moment of our choosing. Others are ignored. */
#include "notifier/signals.h"

#include <signal.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "db/common/log.h"

/* Their default is to end the program at once, in the middle of a request; whoever sends them may mean something else
 * (other programs read their settings anew). */
static const int ignored[] = {SIGUSR1, SIGUSR2, SIGALRM};

static bool is_ignored(uint32_t number) {
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) {
        if (number == (uint32_t)ignored[i])
            return true;
    }
    return false;
}

bool signals_open(struct signals *signals) {
    sigset_t set;

    *signals = (struct signals){.fd = -1};
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        sigaddset(&set, ignored[i]);
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
        if (is_ignored(info.ssi_signo)) {
            log_info("ignoring signal %u: settings are read at the start", info.ssi_signo);
            continue;
        }
        if (!signals->asked)
            log_info("stopping on signal %u", info.ssi_signo);
        signals->asked = true;
    }
    return signals->asked;
}
