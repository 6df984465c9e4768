/* Finds out whose fault a refusal is: a refused request is split until the recipient is found whom SendGrid does not
 * take. */
#ifndef EVENTHUB_SUSPECTS_H
#define EVENTHUB_SUSPECTS_H

#include <stdbool.h>

#include "notifier/answer.h"
#include "notifier/batch.h"
#include "notifier/reports.h"

/* Hands the result of a batch to the reports, and with it that of recipients who were refused one by one: the refusal
 * was their own fault if SendGrid accepts others with the same text. */
void suspects_settle(struct reports *reports, struct batch *batch, enum batch_result result, const char *error);

/* One of the batch's recipients is refused, or several: puts parts of it back to `pending`, or settles it if it is down
 * to one. */
void suspects_narrow(struct reports *reports, struct batch_list *pending, struct batch *batch,
                     const struct answer *answer);

/* SendGrid does not take the address for replies: puts the batch back, to go without one. That address is an
 * organizer's or a setting, and no reason for a mail not to go. */
void suspects_drop_reply_to(struct batch_list *pending, struct batch *batch, const char *error);

/* Whether so many recipients were refused, and none accepted, that it must be the text. */
bool suspects_are_all(const struct shipment *shipment);

#endif
