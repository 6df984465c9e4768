/* Results of batches that are not recorded in the ledger yet. */
#ifndef EVENTHUB_REPORTS_H
#define EVENTHUB_REPORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "notifier/batch.h"
#include "notifier/ledger.h"
#include "notifier/progress.h"

struct reports {
    struct ledger *ledger;
    struct progress *progress;
    struct batch_list waiting; /* to be recorded, in the order in which they came */
    int64_t released_until_us; /* by then all mails that were given back for a while can be claimed again */
};

void reports_begin(struct reports *reports, struct ledger *ledger, struct progress *progress);

/* Takes the batch over. `error` is recorded with its mails; it may be the batch's own. */
void reports_add(struct reports *reports, struct batch *batch, enum batch_result result, const char *error);

/* Records the next batch, if there is one and the database answers. Whether it did. */
bool reports_record(struct reports *reports);

/* Whether one of them must not be forgotten: mails that have been sent, or may have been, would go twice. */
bool reports_matter(const struct reports *reports);

/* Gives up what is left; the mails become due again when their leases end. */
void reports_drop(struct reports *reports);

#endif
