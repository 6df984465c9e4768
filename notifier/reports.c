/* Results of batches that are not recorded in the ledger yet. */
#include "notifier/reports.h"

#include <stdio.h>

#include "db/common/clock.h"
#include "db/common/log.h"
#include "notifier/plural.h"

/* How long mails of an unknown kind are left alone: long enough that this run does not claim them again and again,
 * short enough for a notifier that knows the kind. */
enum { UNKNOWN_KIND_SECONDS = 300 };

void reports_begin(struct reports *reports, struct ledger *ledger, struct progress *progress) {
    *reports = (struct reports){.ledger = ledger, .progress = progress};
    TAILQ_INIT(&reports->waiting);
}

void reports_add(struct reports *reports, struct batch *batch, enum batch_result result, const char *error) {
    batch->result = result;
    if (error != batch->error)
        snprintf(batch->error, sizeof batch->error, "%s", error);
    TAILQ_INSERT_TAIL(&reports->waiting, batch, link);
}

static enum db_status record_sent(struct reports *reports, const struct batch *batch, int64_t claim_id) {
    int64_t completed;
    enum db_status status = ledger_complete(reports->ledger, claim_id, batch_mails(batch), batch->count,
                                            batch->message_id[0] != '\0' ? batch->message_id : NULL, &completed);
    if (status != DB_OK)
        return status;
    reports->progress->sent += (int64_t)batch->count;
    if (completed < (int64_t)batch->count)
        log_error("%lld %s", (long long)batch->count - (long long)completed,
                  plural((int64_t)batch->count - completed,
                         "mail was sent after somebody else had claimed it: it may arrive twice",
                         "mails were sent after somebody else had claimed them: they may arrive twice"));
    return status;
}

static enum db_status record_release(struct reports *reports, const struct batch *batch, int64_t claim_id) {
    bool is_left = batch->result == BATCH_LEFT;
    enum db_status status = ledger_release(reports->ledger, claim_id, batch_mails(batch), batch->count,
                                           is_left ? UNKNOWN_KIND_SECONDS : batch->release_seconds);
    if (status != DB_OK)
        return status;
    reports->progress->released += (int64_t)batch->count;
    if (is_left)
        return status;
    /* The database counts whole seconds, from now and not from the moment when the batch was given back. */
    int64_t until = clock_us() + (batch->release_seconds + 1) * 1000000LL;
    if (batch->release_seconds > 0 && until > reports->released_until_us)
        reports->released_until_us = until;
    return status;
}

static enum db_status record_failure(struct reports *reports, const struct batch *batch, int64_t claim_id) {
    const char *outcome = batch->result == BATCH_REFUSED   ? "refused"
                          : batch->result == BATCH_UNKNOWN ? "unknown"
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

    switch (batch->result) {
    case BATCH_SENT:
        return record_sent(reports, batch, claim_id);
    case BATCH_RELEASED:
    case BATCH_LEFT:
        return record_release(reports, batch, claim_id);
    default:
        return record_failure(reports, batch, claim_id);
    }
}

bool reports_record(struct reports *reports) {
    const struct batch *next = TAILQ_FIRST(&reports->waiting);
    if (next == NULL || ledger_is_away(reports->ledger))
        return false;
    enum db_status status = record(reports, next);
    if (status != DB_OK && status != DB_REFUSED)
        return false;
    struct batch *batch = batch_pop(&reports->waiting);
    /* A refusal is a bug of ours. The mails are due again when their lease ends. */
    if (status == DB_REFUSED) {
        log_error("what became of %zu %s could not be recorded", batch->count,
                  plural((int64_t)batch->count, "mail", "mails"));
        reports->progress->lost += (int64_t)batch->count;
    }
    batch_free(batch);
    return true;
}

bool reports_matter(const struct reports *reports) {
    const struct batch *batch;

    TAILQ_FOREACH(batch, &reports->waiting, link) {
        if (batch->result == BATCH_SENT || batch->result == BATCH_UNKNOWN)
            return true;
    }
    return false;
}

void reports_drop(struct reports *reports) {
    for (struct batch *batch; (batch = batch_pop(&reports->waiting)) != NULL;) {
        if (batch->result == BATCH_SENT || batch->result == BATCH_UNKNOWN)
            log_error("%zu %s of claim %lld %s sent, which could not be recorded: %s may go twice", batch->count,
                      plural((int64_t)batch->count, "mail", "mails"), (long long)batch->shipment->claim->id,
                      batch->result != BATCH_SENT ? "may have been" : plural((int64_t)batch->count, "was", "were"),
                      plural((int64_t)batch->count, "it", "they"));
        reports->progress->lost += (int64_t)batch->count;
        batch_free(batch);
    }
}
