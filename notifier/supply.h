/* The mails that a pass is to send: planned, claimed and composed, one batch after the other. */
#ifndef EVENTHUB_SUPPLY_H
#define EVENTHUB_SUPPLY_H

#include <stdbool.h>

#include "notifier/batch.h"
#include "notifier/ledger.h"
#include "notifier/mail.h"
#include "notifier/progress.h"
#include "notifier/reports.h"
#include "notifier/settings.h"

struct supply {
    const struct notifier_settings *settings;
    const struct mail_tags *tags;
    struct ledger *ledger;
    struct reports *reports;
    struct progress *progress;

    struct batch_list pending; /* claimed, and to be sent */
    long limit;                /* mails that may still be claimed; -1: any number */
    bool planned;
    bool claimed;          /* since planning */
    bool more;             /* to be planned */
    bool dry;              /* nothing is left to claim */
    bool claim_unknown;    /* a claim's answer was lost: its mails wait for the end of its lease */
    unsigned outdated;     /* batches in a row that could not leave, because of their lease or their event */
    char unknown_kind[16]; /* the last one that was met; "": none */
};

/* The next batch to be sent, claimed if need be; NULL if there is none for now. */
struct batch *supply_next(struct supply *supply);

/* Gives a batch back to the ledger; its mails can be claimed again in so many seconds. */
void supply_give_back(struct supply *supply, struct batch *batch, long seconds);

/* The same for all that is pending. */
void supply_give_back_all(struct supply *supply, long seconds);

/* The batch must not leave, because its event has changed or its lease has ended: gives it back, to be claimed anew. */
void supply_claim_anew(struct supply *supply, struct batch *batch);

/* Mails that were given back are to be claimed within this pass. */
void supply_look_again(struct supply *supply);

/* Whether mails are left that this pass could not claim or could not send. */
bool supply_is_left(const struct supply *supply);

#endif
