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

/* Opens what a run works with; false, having logged which step failed and why. */
static bool open_tools(struct pass_tools *tools, bool log_versions) {
    const char *step, *cause;

    if (!signals_open(tools->signals)) {
        step = "signals cannot be received";
        cause = strerror(errno);
    } else if (!mail_tags_make(&tools->tags)) {
        step = "there are no random numbers";
        cause = strerror(errno);
    } else if ((tools->sendgrid = sendgrid_new(tools->settings)) == NULL) {
        step = "libcurl cannot be used";
        cause = "it has no memory";
    } else if ((cause = ledger_open(tools->ledger, tools->settings, log_versions)) != NULL) {
        step = "DATABASE_URL cannot be used";
    } else {
        return true;
    }
    log_error("cannot begin: %s: %s", step, cause);
    return false;
}

enum run_status run_notifier(const struct notifier_settings *settings, const struct run_options *options) {
    struct signals signals = {.fd = -1};
    struct ledger ledger = {0};
    struct pass_tools tools = {.settings = settings, .ledger = &ledger, .signals = &signals};
    enum run_status status = RUN_INCOMPLETE;

    if (open_tools(&tools, options->watch_seconds > 0))
        status = make_passes(&tools, options);
    ledger_close(&ledger);
    sendgrid_free(tools.sendgrid);
    signals_close(&signals);
    return status;
}
