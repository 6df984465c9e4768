/* The body of a request to SendGrid: POST /v3/mail/send. */
#ifndef EVENTHUB_NOTIFIER_REQUEST_H
#define EVENTHUB_NOTIFIER_REQUEST_H

#include "notifier/ledger.h"
#include "notifier/mail.h"
#include "notifier/settings.h"

/* Appends the JSON of a request that sends the mail to each of `count` recipients. Each is a personalization of their
 * own, so that they do not see each other. It has their substitutions, what unsubscribes them, and our ids as
 * custom_args (delivery, kind, event). The mails' addresses are in ASCII. */
void request_write(struct buffer *out, const struct notifier_settings *settings, const struct mail *mail,
                   const struct mail_tags *tags, const struct ledger_claim *claim, const struct ledger_mail *mails,
                   size_t count, bool with_reply_to);

#endif
