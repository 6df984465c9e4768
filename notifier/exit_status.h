/* Exit statuses of the notifier, for cron and systemd. */
#ifndef EVENTHUB_EXIT_STATUS_H
#define EVENTHUB_EXIT_STATUS_H

enum run_status {
    RUN_DONE = 0,          /* all that was due is sent */
    RUN_INCOMPLETE = 1,    /* something was not; what can be sent will be tried again */
    RUN_MISCONFIGURED = 2, /* a setting is wrong, or SendGrid does not accept the key or the sender */
    RUN_NO_DATABASE = 3,
};

#endif
