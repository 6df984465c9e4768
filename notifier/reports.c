/* What is known of mails and not yet in the ledger. */
#include "notifier/reports.h"

#include <stdio.h>

#include "db/common/clock.h"
#include "db/common/log.h"

void reports_add(struct reports *reports, struct batch *batch, enum report report, const char *error) {
    batch->report = report;
    if (error != batch->error)
        snprintf(batch->error, sizeof batch->error, "%s", error);
    batch_append(&reports->first, batch);
}

static enum db_status record_sent(struct reports *reports, const struct batch *batch, int64_t claim_id) {
    int64_t completed;
    enum db_status status = ledger_complete(reports->ledger, claim_id, batch_mails(batch), batch->count,
                                            batch->message_id[0] != '\0' ? batch->message_id : NULL, &completed);
    if (status != DB_OK)
        return status;
    reports->progress->sent += (int64_t)batch->count;
    if (completed < (int64_t)batch->count)
        log_error("%lld mails were sent after somebody else had claimed them: they may arrive twice",
                  (long long)batch->count - (long long)completed);
    return status;
}

static enum db_status record_release(struct reports *reports, const struct batch *batch, int64_t claim_id) {
    enum db_status status =
        ledger_release(reports->ledger, claim_id, batch_mails(batch), batch->count, batch->release_seconds);
    if (status != DB_OK)
        return status;
    reports->progress->released += (int64_t)batch->count;
    /* The database counts whole seconds from now on, and not from when it was meant. */
    int64_t until = clock_us() + (batch->release_seconds + 1) * 1000000LL;
    if (batch->release_seconds > 0 && until > reports->released_until_us)
        reports->released_until_us = until;
    return status;
}

static enum db_status record_failure(struct reports *reports, const struct batch *batch, int64_t claim_id) {
    const char *outcome = batch->report == REPORT_REFUSED   ? "refused"
                          : batch->report == REPORT_UNKNOWN ? "unknown"
                                                            : "not_sent";
    struct ledger_failures failures;
    enum db_status status =
        ledger_fail(reports->ledger, claim_id, batch_mails(batch), batch->count, outcome, batch->error, &failures);
    if (status != DB_OK)
        return status;
    reports->progress->waiting += failures.waiting;
    reports->progress->dead += failures.dead;
    reports->progress->unconfirmed += failures.unconfirmed;
    return status;
}

static enum db_status record(struct reports *reports, const struct batch *batch) {
    int64_t claim_id = batch->shipment->claim->id;

    switch (batch->report) {
    case REPORT_SENT:
        return record_sent(reports, batch, claim_id);
    case REPORT_RELEASE:
        return record_release(reports, batch, claim_id);
    default:
        return record_failure(reports, batch, claim_id);
    }
}

bool reports_record(struct reports *reports) {
    if (reports->first == NULL || ledger_is_away(reports->ledger))
        return false;
    enum db_status status = record(reports, reports->first);
    if (status != DB_OK && status != DB_REFUSED)
        return false;
    struct batch *batch = batch_pop(&reports->first);
    /* A refusal is a bug of ours: when the lease ends the mails become due again. */
    if (status == DB_REFUSED) {
        log_error("what became of %zu mails could not be recorded", batch->count);
        reports->progress->lost += (int64_t)batch->count;
    }
    batch_free(batch);
    return true;
}

bool reports_matter(const struct reports *reports) {
    for (const struct batch *batch = reports->first; batch != NULL; batch = batch->next) {
        if (batch->report == REPORT_SENT || batch->report == REPORT_UNKNOWN)
            return true;
    }
    return false;
}

void reports_drop(struct reports *reports) {
    for (struct batch *batch; (batch = batch_pop(&reports->first)) != NULL;) {
        if (batch->report == REPORT_SENT || batch->report == REPORT_UNKNOWN)
            log_error("%zu mails of claim %lld %s, which could not be recorded: they may go twice", batch->count,
                      (long long)batch->shipment->claim->id,
                      batch->report == REPORT_SENT ? "were sent" : "may have been sent");
        reports->progress->lost += (int64_t)batch->count;
        batch_free(batch);
    }
}
