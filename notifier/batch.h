/* Claimed mails on their way. A shipment is all mails of a claim, which share a text; a batch is those of them that
 * share a request. */
#ifndef EVENTHUB_BATCH_H
#define EVENTHUB_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "notifier/answer.h"
#include "notifier/ledger.h"
#include "notifier/mail.h"

TAILQ_HEAD(batch_list, batch);

/* A claim with its text. The last of its batches to be freed frees it. */
struct shipment {
    struct ledger_claim *claim;
    struct mail mail;
    size_t batches;
    size_t open;                /* batches that are to be sent, or under way */
    struct batch_list suspects; /* single recipients who were refused while nobody was accepted */
    size_t refused;             /* recipients who were refused on their own */
    bool accepted;              /* some recipients were accepted */
    bool no_reply_to;           /* SendGrid does not take the address for replies */
};

/* What became of a batch, to be recorded in the ledger. */
enum batch_result {
    BATCH_SENT,
    BATCH_NOT_SENT,
    BATCH_REFUSED,
    BATCH_UNKNOWN,  /* it may have been sent */
    BATCH_RELEASED, /* it is given back unsent */
    BATCH_LEFT,     /* it is given back for a notifier that knows its kind */
};

/* Mails of a shipment that go in one request. */
struct batch {
    struct shipment *shipment;
    size_t first; /* in the claim's mails */
    size_t count;
    bool with_reply_to; /* whether its last request had an address for replies */
    enum batch_result result;
    char message_id[128];
    char error[256];
    long release_seconds;
    TAILQ_ENTRY(batch) link;
};

/* All mails of a claim, which it takes over, as one batch; the caller composes the shipment's mail. NULL, with the
 * claim freed, if there is no memory. */
struct batch *batch_of_claim(struct ledger_claim *claim);

/* Frees the shipment as well, if this is its last batch. */
void batch_free(struct batch *batch);

struct ledger_mail *batch_mails(const struct batch *batch);

/* Makes two batches of one that has at least two mails. The new one has the offenders that the answer names, and
 * `batch` keeps the others; if the answer names none, or all, each has half of the mails. NULL if there is no memory.
 */
struct batch *batch_split(struct batch *batch, const struct answer *answer);

/* Takes the first batch out of the list; NULL if it is empty. */
struct batch *batch_pop(struct batch_list *list);

/* Puts the largest batch of the shipment, if there is one, at the beginning of the list. */
void batch_promote_largest(struct batch_list *list, const struct shipment *shipment);

#endif
