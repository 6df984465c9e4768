/* One pass: claims what is due, sends it, and records what became of it. */
#ifndef EVENTHUB_PASS_H
#define EVENTHUB_PASS_H

#include "notifier/exit_status.h"
#include "notifier/ledger.h"
#include "notifier/mail.h"
#include "notifier/progress.h"
#include "notifier/sendgrid.h"
#include "notifier/settings.h"
#include "notifier/signals.h"

/* What a pass works with; it outlives the pass. */
struct pass_tools {
    const struct notifier_settings *settings;
    struct ledger *ledger;
    struct sendgrid *sendgrid;
    struct signals *signals;
    struct mail_tags tags;
};

/* Sends what is due, at most `limit` mails (-1: all), and fills `progress` with what it came to. */
enum run_status pass_make(const struct pass_tools *tools, long limit, struct progress *progress);

#endif
