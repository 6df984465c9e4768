/* What a run would send, on standard output. */
#ifndef EVENTHUB_PREVIEW_H
#define EVENTHUB_PREVIEW_H

#include "notifier/exit_status.h"
#include "notifier/settings.h"

/* Prints at most `limit` mails, -1 for the first thousand, and changes nothing. */
enum run_status preview_print(const struct notifier_settings *settings, long limit);

#endif
