/* One pass: claims what is due, sends it, and records what became of it. */
#include "notifier/pass.h"

#include <stdio.h>
#include <time.h>

#include "db/common/clock.h"
#include "db/common/log.h"
#include "notifier/answer.h"
#include "notifier/batch.h"
#include "notifier/pace.h"
#include "notifier/plural.h"
#include "notifier/reports.h"
#include "notifier/request.h"
#include "notifier/supply.h"
#include "notifier/suspects.h"

enum {
    LONGEST_IDLE_US = 1000000,
    GRACE_US = 10000000, /* for a database that is away when the end is asked for */
};

/* Why a pass takes on nothing more. */
enum halt {
    HALT_NOT,
    HALT_SIGNAL,
    HALT_AWAY, /* SendGrid is ill or away */
    HALT_RATE, /* the rate limit will not be lifted soon */
    HALT_STOP, /* SendGrid will accept nothing as things are */
};

struct pass {
    const struct pass_tools *tools;
    struct progress *progress;
    struct supply supply;
    struct reports reports;
    struct pace pace;
    enum halt halt;
    bool no_database;
    int64_t asked_us; /* when the end was asked for */
};

static void begin(struct pass *pass, const struct pass_tools *tools, long limit, struct progress *progress);
static bool start_next(struct pass *pass);
static void send_batch(struct pass *pass, struct batch *batch);
static void read_answer(void *context, void *owner, const struct response *response);
static void end_by_rate_limit(struct pass *pass, struct batch *batch, long seconds);
static void end_by_failure(struct pass *pass, struct batch *batch, enum batch_result result, const char *error);
static void end_by_refusal(struct pass *pass, struct batch *batch, const struct answer *answer);
static void end_by_stop(struct pass *pass, struct batch *batch, const struct answer *answer);
static void halt_for(struct pass *pass, enum halt reason);
static bool is_halted(const struct pass *pass);
static bool is_finished(const struct pass *pass);
static bool is_out_of_grace(const struct pass *pass);
static int idle_milliseconds(const struct pass *pass);
static enum run_status status_of(const struct pass *pass);

enum run_status pass_make(const struct pass_tools *tools, long limit, struct progress *progress) {
    struct pass pass;

    begin(&pass, tools, limit, progress);
    for (;;) {
        if (signals_asked(tools->signals) && pass.asked_us == 0) {
            pass.asked_us = clock_us();
            halt_for(&pass, HALT_SIGNAL);
        }
        /* One call of each kind at a time, so that the requests under way are looked after in between. */
        bool is_busy = reports_record(&pass.reports);
        is_busy = start_next(&pass) || is_busy;
        pass.no_database = ledger_is_lost(tools->ledger) || is_out_of_grace(&pass);
        if (is_halted(&pass))
            supply_give_back_all(&pass.supply, 0);
        progress_show(progress);
        if (is_finished(&pass))
            break;
        sendgrid_work(tools->sendgrid, tools->signals->fd, is_busy ? 0 : idle_milliseconds(&pass), read_answer, &pass);
    }
    reports_drop(&pass.reports);
    progress_end(progress);
    return status_of(&pass);
}

static void begin(struct pass *pass, const struct pass_tools *tools, long limit, struct progress *progress) {
    *pass = (struct pass){
        .tools = tools,
        .progress = progress,
        .supply = {.settings = tools->settings,
                   .tags = &tools->tags,
                   .ledger = tools->ledger,
                   .reports = &pass->reports,
                   .progress = progress,
                   .limit = limit},
        .pace = pace_new(tools->settings->requests),
    };
    TAILQ_INIT(&pass->supply.pending);
    reports_begin(&pass->reports, tools->ledger, progress);
    progress_begin(progress);
    ledger_be_patient(tools->ledger);
}

/* Starts a request if there is something to send and room for it. Whether another one may follow. */
static bool start_next(struct pass *pass) {
    if (is_halted(pass) || ledger_is_away(pass->tools->ledger) || clock_us() < pass->reports.released_until_us ||
        !pace_allows(&pass->pace, sendgrid_under_way(pass->tools->sendgrid)))
        return false;
    struct batch *batch = supply_next(&pass->supply);
    if (batch == NULL)
        return false;
    if (suspects_are_all(batch->shipment))
        suspects_settle(&pass->reports, batch, BATCH_NOT_SENT, "SendGrid refused all recipients that were tried");
    else
        send_batch(pass, batch);
    return true;
}

static void send_batch(struct pass *pass, struct batch *batch) {
    struct shipment *shipment = batch->shipment;
    struct buffer body = {0};

    enum db_status status = ledger_start_sending(pass->tools->ledger, shipment->claim->id);
    if (status != DB_OK && status != DB_REFUSED) {
        TAILQ_INSERT_HEAD(&pass->supply.pending, batch, link);
        return;
    }
    if (status == DB_REFUSED) {
        supply_claim_anew(&pass->supply, batch);
        return;
    }
    pass->supply.outdated = 0;
    batch->with_reply_to = *pass->tools->settings->reply_to != '\0' && !shipment->no_reply_to;
    request_write(&body, pass->tools->settings, &shipment->mail, &pass->tools->tags, shipment->claim,
                  batch_mails(batch), batch->count, batch->with_reply_to);
    if (sendgrid_post(pass->tools->sendgrid, &body, batch))
        pass->progress->requests++;
    else
        suspects_settle(&pass->reports, batch, BATCH_NOT_SENT, "the request could not be put together");
}

/* A request has ended. */
static void read_answer(void *context, void *owner, const struct response *response) {
    struct pass *pass = context;
    struct batch *batch = owner;
    struct answer answer;

    answer_read(&answer, response, batch->count, pass->tools->settings->sandbox != 0, time(NULL));
    switch (answer.verdict) {
    case ANSWER_SENT:
        pace_succeeded(&pass->pace);
        snprintf(batch->message_id, sizeof batch->message_id, "%s", response->message_id);
        suspects_settle(&pass->reports, batch, BATCH_SENT, "");
        break;
    case ANSWER_LATER:
        end_by_rate_limit(pass, batch, answer.wait_seconds);
        break;
    case ANSWER_NOT_SENT:
        end_by_failure(pass, batch, BATCH_NOT_SENT, answer.error);
        break;
    case ANSWER_UNKNOWN:
        end_by_failure(pass, batch, BATCH_UNKNOWN, answer.error);
        break;
    case ANSWER_OFFENDER:
    case ANSWER_TEXT:
    case ANSWER_REPLY_TO:
        end_by_refusal(pass, batch, &answer);
        break;
    case ANSWER_STOP:
        end_by_stop(pass, batch, &answer);
        break;
    }
}

static void end_by_rate_limit(struct pass *pass, struct batch *batch, long seconds) {
    if (pace_limited(&pass->pace, seconds) && pass->halt == HALT_NOT) {
        log_error("SendGrid's rate limit is reached, for %ld s: the rest stays due", seconds);
        halt_for(pass, HALT_RATE);
    }
    supply_look_again(&pass->supply);
    supply_give_back(&pass->supply, batch, seconds);
    /* What was split off waits in the ledger as well, because the wait may outlast its lease. */
    supply_give_back_all(&pass->supply, seconds);
}

static void end_by_failure(struct pass *pass, struct batch *batch, enum batch_result result, const char *error) {
    int64_t count = (int64_t)batch->count;

    log_error("%zu %s: %s", batch->count,
              result == BATCH_UNKNOWN ? plural(count, "mail may have been sent", "mails may have been sent")
                                      : plural(count, "mail was not sent", "mails were not sent"),
              error);
    if (pace_failed(&pass->pace) && pass->halt == HALT_NOT) {
        log_error("SendGrid fails again and again (%s): the rest stays due", error);
        halt_for(pass, HALT_AWAY);
    }
    suspects_settle(&pass->reports, batch, result, error);
}

static void end_by_refusal(struct pass *pass, struct batch *batch, const struct answer *answer) {
    pace_answered(&pass->pace);
    if (answer->verdict == ANSWER_TEXT) {
        log_error("%zu %s refused: %s", batch->count, plural((int64_t)batch->count, "mail was", "mails were"),
                  answer->error);
        suspects_settle(&pass->reports, batch, BATCH_REFUSED, answer->error);
    } else if (answer->verdict == ANSWER_REPLY_TO && batch->with_reply_to) {
        suspects_drop_reply_to(&pass->supply.pending, batch, answer->error);
    } else {
        suspects_narrow(&pass->reports, &pass->supply.pending, batch, answer);
    }
}

static void end_by_stop(struct pass *pass, struct batch *batch, const struct answer *answer) {
    if (pass->halt != HALT_STOP)
        log_error("SendGrid accepts nothing as things are (%s). %s.", answer->error, answer->remedy);
    /* It outweighs every other reason: somebody has to act. */
    pass->halt = HALT_STOP;
    supply_give_back(&pass->supply, batch, 0);
}

static void halt_for(struct pass *pass, enum halt reason) {
    if (pass->halt == HALT_NOT)
        pass->halt = reason;
}

static bool is_halted(const struct pass *pass) {
    return pass->halt != HALT_NOT || pass->no_database;
}

static bool is_finished(const struct pass *pass) {
    if (sendgrid_under_way(pass->tools->sendgrid) > 0)
        return false;
    /* What is known of sent mails and not recorded is worth waiting for the database. */
    if (pass->no_database && (!reports_matter(&pass->reports) || is_out_of_grace(pass)))
        return true;
    return TAILQ_EMPTY(&pass->supply.pending) && TAILQ_EMPTY(&pass->reports.waiting) &&
           (is_halted(pass) || pass->supply.dry);
}

/* Whether the end was asked for while the database is away, and both have been so for a while. */
static bool is_out_of_grace(const struct pass *pass) {
    int64_t since = pass->tools->ledger->away_since_us;
    if (since == 0 || pass->asked_us == 0)
        return false;
    return clock_us() - (since > pass->asked_us ? since : pass->asked_us) >= GRACE_US;
}

/* How long nothing needs to be done unless something happens. */
static int idle_milliseconds(const struct pass *pass) {
    int64_t now = clock_us();
    int64_t until = now + LONGEST_IDLE_US;
    const int64_t moments[] = {pass->tools->ledger->retry_at_us, pass->pace.paused_until_us,
                               pass->reports.released_until_us};

    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        if (moments[i] > now && moments[i] < until)
            until = moments[i];
    }
    return (int)((until - now + 999) / 1000);
}

static enum run_status status_of(const struct pass *pass) {
    const struct progress *progress = pass->progress;

    if (pass->halt == HALT_STOP)
        return RUN_MISCONFIGURED;
    if (pass->no_database)
        return RUN_NO_DATABASE;
    if (progress->waiting + progress->dead + progress->unconfirmed + progress->lost + progress->resting > 0 ||
        supply_is_left(&pass->supply))
        return RUN_INCOMPLETE;
    return RUN_DONE;
}
