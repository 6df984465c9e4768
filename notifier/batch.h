/* Claimed mails on their way: what shares a text, and what shares a request. */
#ifndef EVENTHUB_BATCH_H
#define EVENTHUB_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "notifier/answer.h"
#include "notifier/ledger.h"
#include "notifier/mail.h"

/* A claim with its text. It lives as long as a batch of it does. */
struct shipment {
    struct ledger_claim *claim;
    struct mail mail;
    size_t batches;
    size_t open;            /* batches that are to be sent, or under way */
    struct batch *suspects; /* single recipients who were refused while nobody was accepted */
    size_t refused;         /* recipients */
    bool accepted;          /* some were */
    bool no_reply_to;       /* SendGrid does not take the address for replies */
};

/* What is to be recorded of a batch. */
enum report {
    REPORT_SENT,
    REPORT_NOT_SENT,
    REPORT_REFUSED,
    REPORT_UNKNOWN,
    REPORT_RELEASE,
};

/* Mails of a shipment that go in one request. */
struct batch {
    struct shipment *shipment;
    size_t first; /* in the claim's mails */
    size_t count;
    bool with_reply_to; /* when it was sent last */
    enum report report;
    char message_id[128];
    char error[256];
    long release_seconds;
    struct batch *next;
};

/* All mails of a claim, which it takes over, as one batch; the caller composes the shipment's mail. NULL, with the
 * claim freed, if there is no memory. */
struct batch *batch_of_claim(struct ledger_claim *claim);

/* The last batch of a shipment takes that with it. */
void batch_free(struct batch *batch);

struct ledger_mail *batch_mails(const struct batch *batch);

/* Makes two batches of one that has at least two mails: `batch` keeps those that are above suspicion, the new one has
 * the offenders that the answer names; where it names none, or all, they are two halves. NULL if there is no memory. */
struct batch *batch_split(struct batch *batch, const struct answer *answer);

/* A list of batches, linked by `next`. */
void batch_push(struct batch **list, struct batch *batch);
void batch_append(struct batch **list, struct batch *batch);
struct batch *batch_pop(struct batch **list); /* NULL if it is empty */

/* Puts the largest batch of the shipment, if there is one, at the beginning of the list. */
void batch_promote_largest(struct batch **list, const struct shipment *shipment);

#endif
