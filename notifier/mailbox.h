/* E-mail addresses of settings. */
#ifndef EVENTHUB_NOTIFIER_MAILBOX_H
#define EVENTHUB_NOTIFIER_MAILBOX_H

/* What is wrong with an address, as the rest of a sentence; NULL if SendGrid takes it. The rule is that of the
 * database's email_fault, but for domains, which are in ASCII here. */
const char *mailbox_fault(const char *address);

#endif
