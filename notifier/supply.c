/* The mails that a pass is to send: planned, claimed and composed, one batch after the other. */
#include "notifier/supply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/common/log.h"
#include "notifier/address.h"
#include "notifier/mail_kinds.h"
#include "notifier/plural.h"
#include "notifier/suspects.h"

enum { OUTDATED_MOST = 100 }; /* batches in a row that may not leave, before the pass gives up */

static bool claim_next(struct supply *supply, struct ledger_claim **claim);
static bool plan(struct supply *supply);
static bool compose(struct supply *supply, struct ledger_claim *claim, struct batch **batch);
static struct batch *sift(struct supply *supply, struct batch *batch);
static const char *write_address(struct ledger_mail *mail);
static void leave(struct supply *supply, struct batch *batch);

struct batch *supply_next(struct supply *supply) {
    struct batch *batch = batch_pop(&supply->pending);

    while (batch == NULL && !supply->dry) {
        struct ledger_claim *claim;
        if (!claim_next(supply, &claim))
            return NULL;
        if (claim != NULL && !compose(supply, claim, &batch))
            return NULL;
    }
    return batch;
}

/* Plans if need be, and claims. False if nothing can be claimed for now; `claim` is NULL if nothing was, and then
 * planning or `dry` comes next. */
static bool claim_next(struct supply *supply, struct ledger_claim **claim) {
    long most = supply->settings->mails_per_request;

    *claim = NULL;
    if (supply->limit >= 0 && supply->limit < most)
        most = supply->limit;
    if (!supply->planned && !plan(supply))
        return false;
    if (most > 0 && ledger_claim(supply->ledger, most, claim) != DB_OK) {
        supply->claim_unknown = true;
        return false;
    }
    if (*claim != NULL) {
        supply->claimed = true;
        if (supply->limit >= 0)
            supply->limit -= (long)(*claim)->mail_count;
        supply->progress->claimed += (int64_t)(*claim)->mail_count;
        return true;
    }
    /* More may have become due while the last mails were sent. */
    supply->planned = false;
    /* What is to be claimed anew has to be given back first. */
    if (supply->outdated > 0 && !TAILQ_EMPTY(&supply->reports->waiting))
        return false;
    supply->dry = most == 0 || (!supply->more && !supply->claimed);
    return true;
}

static bool plan(struct supply *supply) {
    struct ledger_plan found;

    if (ledger_plan(supply->ledger, &found) != DB_OK)
        return false;
    supply->planned = true;
    supply->claimed = false;
    supply->more = found.more;
    if (found.recovered > 0)
        log_info("%lld %s due again", (long long)found.recovered,
                 plural(found.recovered, "mail of a notifier that ended is", "mails of a notifier that ended are"));
    progress_expect(supply->progress, found.due, found.waiting);
    return true;
}

/* Makes the batch of a claim, with its text: NULL if none of its mails can be sent by this notifier. False if memory is
 * out. */
static bool compose(struct supply *supply, struct ledger_claim *claim, struct batch **batch) {
    const struct mail_kind *kind = mail_kinds_find(claim->kind);
    struct batch *whole = batch_of_claim(claim);

    *batch = NULL;
    if (whole == NULL) {
        supply->claim_unknown = true;
        return false;
    }
    if (kind == NULL) {
        leave(supply, whole);
        return true;
    }
    mail_compose(&whole->shipment->mail, kind, claim, supply->tags, supply->settings);
    *batch = sift(supply, whole);
    return true;
}

/* Takes out the mails whose address SendGrid cannot take. The batch of the others, NULL if there are none. */
static struct batch *sift(struct supply *supply, struct batch *batch) {
    for (size_t i = 0; i < batch->count;) {
        const char *fault = write_address(&batch_mails(batch)[i]);
        if (fault == NULL) {
            i++;
            continue;
        }
        log_error("mail %lld cannot be sent: %s", (long long)batch_mails(batch)[i].delivery_id, fault);
        if (batch->count == 1) {
            suspects_settle(supply->reports, batch, BATCH_REFUSED, fault);
            return NULL;
        }
        /* The last mail takes the place of the one that is split off. */
        struct batch *refused = batch_split(batch, &(struct answer){.offenders = {i}, .offender_count = 1});
        if (refused == NULL) {
            suspects_settle(supply->reports, batch, BATCH_NOT_SENT, "there is no memory");
            return NULL;
        }
        suspects_settle(supply->reports, refused, BATCH_REFUSED, fault);
    }
    return batch;
}

/* Writes the address in ASCII, in place of what the ledger has; NULL, or why that cannot be done. */
static const char *write_address(struct ledger_mail *mail) {
    struct buffer ascii = {0};
    const char *fault = address_write(&ascii, mail->email.bytes, mail->email.length);

    buffer_append(&ascii, "", 1);
    /* Without memory for it the address goes as it is. */
    if (fault != NULL || ascii.failed) {
        buffer_free(&ascii);
        return fault;
    }
    free(mail->email.bytes);
    mail->email = (struct ledger_text){ascii.data, ascii.length - 1};
    return NULL;
}

/* Gives back mails of a kind that this notifier has no words for: a newer one may know it. */
static void leave(struct supply *supply, struct batch *batch) {
    const char *kind = batch->shipment->claim->kind;

    if (strcmp(supply->unknown_kind, kind) != 0)
        log_error("mails of the kind \"%s\" are left alone: this notifier (" EVENTHUB_VERSION ") does not know it. "
                  "Install the notifier of the version that the database is of",
                  kind);
    snprintf(supply->unknown_kind, sizeof supply->unknown_kind, "%s", kind);
    if (supply->limit >= 0)
        supply->limit += (long)batch->count;
    suspects_settle(supply->reports, batch, BATCH_LEFT, "");
}

void supply_give_back(struct supply *supply, struct batch *batch, long seconds) {
    batch->release_seconds = seconds;
    if (supply->limit >= 0)
        supply->limit += (long)batch->count;
    suspects_settle(supply->reports, batch, BATCH_RELEASED, "");
}

void supply_give_back_all(struct supply *supply, long seconds) {
    for (struct batch *batch; (batch = batch_pop(&supply->pending)) != NULL;)
        supply_give_back(supply, batch, seconds);
}

void supply_claim_anew(struct supply *supply, struct batch *batch) {
    log_info("%zu %s", batch->count,
             plural((int64_t)batch->count, "mail is claimed anew: its event has changed, or its lease has ended",
                    "mails are claimed anew: their event has changed, or their lease has ended"));
    /* The mails are due again, or somebody else's: giving back changes nothing that is not ours any more. */
    supply_give_back(supply, batch, 0);
    if (++supply->outdated < OUTDATED_MOST)
        supply_look_again(supply);
    else
        supply->claim_unknown = supply->dry = true;
}

void supply_look_again(struct supply *supply) {
    supply->planned = supply->dry = false;
}

bool supply_is_left(const struct supply *supply) {
    return supply->claim_unknown || supply->unknown_kind[0] != '\0' || !supply->dry;
}
