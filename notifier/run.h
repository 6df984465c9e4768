/* A run: one pass, or with `watch_seconds` one after the other. */
#ifndef EVENTHUB_RUN_H
#define EVENTHUB_RUN_H

#include <stdbool.h>

#include "notifier/exit_status.h"
#include "notifier/settings.h"

struct run_options {
    long limit;         /* how many mails at most; -1: all */
    long watch_seconds; /* between one pass and the next; 0: one pass */
    bool quiet;         /* nothing is said of a pass that had nothing to do */
};

enum run_status run_notifier(const struct notifier_settings *settings, const struct run_options *options);

#endif
