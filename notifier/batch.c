/* Claimed mails on their way. */
#include "notifier/batch.h"

#include <stdlib.h>

static struct batch *batch_new(struct shipment *shipment, size_t first, size_t count) {
    struct batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL)
        return NULL;
    batch->shipment = shipment;
    batch->first = first;
    batch->count = count;
    shipment->batches++;
    shipment->open++;
    return batch;
}

struct batch *batch_of_claim(struct ledger_claim *claim) {
    struct shipment *shipment = calloc(1, sizeof *shipment);
    struct batch *batch = shipment != NULL ? batch_new(shipment, 0, claim->mail_count) : NULL;
    if (batch == NULL) {
        free(shipment);
        ledger_claim_free(claim);
        return NULL;
    }
    shipment->claim = claim;
    TAILQ_INIT(&shipment->suspects);
    return batch;
}

void batch_free(struct batch *batch) {
    struct shipment *shipment = batch->shipment;

    free(batch);
    if (--shipment->batches > 0)
        return;
    ledger_claim_free(shipment->claim);
    mail_free(&shipment->mail);
    free(shipment);
}

struct ledger_mail *batch_mails(const struct batch *batch) {
    return batch->shipment->claim->mails + batch->first;
}

struct batch *batch_split(struct batch *batch, const struct answer *answer) {
    struct ledger_mail *mails = batch_mails(batch);
    bool named = answer->offender_count > 0 && answer->offender_count < batch->count;
    size_t kept = named ? batch->count - answer->offender_count : batch->count / 2;

    struct batch *rest = batch_new(batch->shipment, batch->first + kept, batch->count - kept);
    if (rest == NULL)
        return NULL;
    /* Backwards, so that no swap moves an offender that is still to be moved. */
    for (size_t i = answer->offender_count, end = batch->count; named && i-- > 0;) {
        struct ledger_mail offender = mails[answer->offenders[i]];
        mails[answer->offenders[i]] = mails[--end];
        mails[end] = offender;
    }
    batch->count = kept;
    return rest;
}

struct batch *batch_pop(struct batch_list *list) {
    struct batch *batch = TAILQ_FIRST(list);
    if (batch != NULL)
        TAILQ_REMOVE(list, batch, link);
    return batch;
}

void batch_promote_largest(struct batch_list *list, const struct shipment *shipment) {
    struct batch *largest = NULL, *batch;

    TAILQ_FOREACH(batch, list, link) {
        if (batch->shipment == shipment && (largest == NULL || batch->count > largest->count))
            largest = batch;
    }
    if (largest == NULL)
        return;
    TAILQ_REMOVE(list, largest, link);
    TAILQ_INSERT_HEAD(list, largest, link);
}
