/* A run: one pass, or one after the other. */
#include "notifier/run.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "db/common/clock.h"
#include "db/common/log.h"
#include "notifier/pass.h"

/* Waits for the next pass; a signal ends the wait. */
static void rest(struct signals *signals, long seconds) {
    int64_t until = clock_us() + seconds * 1000000;
    struct pollfd signal = {.fd = signals->fd, .events = POLLIN};

    for (int64_t left; (left = until - clock_us()) > 0 && !signals_asked(signals);)
        poll(&signal, 1, (int)((left + 999) / 1000));
}

static enum run_status make_passes(const struct pass_tools *tools, const struct run_options *options) {
    struct progress progress;

    do {
        enum run_status status = pass_make(tools, options->limit, &progress);
        if (options->watch_seconds > 0 ? progress.claimed > 0
                                       : !options->quiet || status != RUN_DONE || !progress_is_empty(&progress))
            progress_summarize(&progress);
        if (options->watch_seconds == 0 || status == RUN_MISCONFIGURED)
            return status;
        rest(tools->signals, options->watch_seconds);
    } while (!tools->signals->asked);
    return RUN_DONE;
}

enum run_status run_notifier(const struct notifier_settings *settings, const struct run_options *options) {
    struct signals signals = {.fd = -1};
    struct ledger ledger = {0};
    struct pass_tools tools = {.settings = settings, .ledger = &ledger, .signals = &signals};
    enum run_status status = RUN_INCOMPLETE;

    tools.sendgrid = sendgrid_new(settings);
    if (tools.sendgrid == NULL || !signals_open(&signals) || !mail_tags_make(&tools.tags) ||
        !ledger_open(&ledger, settings, options->watch_seconds > 0))
        log_error("cannot begin: %s", strerror(errno));
    else
        status = make_passes(&tools, options);
    ledger_close(&ledger);
    sendgrid_free(tools.sendgrid);
    signals_close(&signals);
    return status;
}
