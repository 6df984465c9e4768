/* Finds out whose fault a refusal is: a refused request is split until the recipient is found whom SendGrid does not
 * take. */
#include "notifier/suspects.h"

#include <stdio.h>

#include "db/common/log.h"

enum { FUTILE_AFTER = 8 }; /* recipients of one claim that are refused while none is accepted */

static void split(struct reports *reports, struct batch_list *pending, struct batch *batch,
                  const struct answer *answer);

void suspects_narrow(struct reports *reports, struct batch_list *pending, struct batch *batch,
                     const struct answer *answer) {
    struct shipment *shipment = batch->shipment;

    if (batch->count > 1) {
        split(reports, pending, batch, answer);
        return;
    }
    log_error("mail %lld was refused: %s", (long long)batch_mails(batch)->delivery_id, answer->error);
    shipment->refused++;
    /* After each second refusal the largest batch goes next, where somebody is most likely to be accepted: neighbours
     * who are all refused must not make it seem that everybody is. */
    if (!shipment->accepted && shipment->refused % 2 == 0)
        batch_promote_largest(pending, shipment);
    if ((answer->offender_count > 0 && answer->is_theirs) || shipment->accepted) {
        suspects_settle(reports, batch, BATCH_REFUSED, answer->error);
    } else if (shipment->open == 1) {
        suspects_settle(reports, batch, BATCH_NOT_SENT, answer->error);
    } else {
        /* Whose fault it is shows when the others are answered. */
        snprintf(batch->error, sizeof batch->error, "%s", answer->error);
        shipment->open--;
        TAILQ_INSERT_TAIL(&shipment->suspects, batch, link);
    }
}

static void split(struct reports *reports, struct batch_list *pending, struct batch *batch,
                  const struct answer *answer) {
    struct batch *rest = batch_split(batch, answer);

    if (rest == NULL) {
        suspects_settle(reports, batch, BATCH_NOT_SENT, answer->error);
        return;
    }
    TAILQ_INSERT_HEAD(pending, rest, link);
    TAILQ_INSERT_HEAD(pending, batch, link);
}

void suspects_settle(struct reports *reports, struct batch *batch, enum batch_result result, const char *error) {
    struct shipment *shipment = batch->shipment;

    shipment->open--;
    shipment->accepted = shipment->accepted || result == BATCH_SENT;
    if (shipment->accepted || shipment->open == 0) {
        for (struct batch *suspect; (suspect = batch_pop(&shipment->suspects)) != NULL;)
            reports_add(reports, suspect, shipment->accepted ? BATCH_REFUSED : BATCH_NOT_SENT, suspect->error);
    }
    reports_add(reports, batch, result, error);
}

void suspects_drop_reply_to(struct batch_list *pending, struct batch *batch, const char *error) {
    struct shipment *shipment = batch->shipment;

    if (!shipment->no_reply_to)
        log_error("mails of event %lld go without Reply-To, which SendGrid does not take: %s",
                  (long long)shipment->claim->event_id, error);
    shipment->no_reply_to = true;
    TAILQ_INSERT_HEAD(pending, batch, link);
}

bool suspects_are_all(const struct shipment *shipment) {
    return shipment->refused >= FUTILE_AFTER && !shipment->accepted;
}
