/* One pass: claims what is due, sends it, and records what became of it. */
#include "notifier/pass.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "db/common/clock.h"
#include "db/common/log.h"
#include "notifier/address.h"
#include "notifier/answer.h"
#include "notifier/batch.h"
#include "notifier/pace.h"
#include "notifier/reports.h"
#include "notifier/request.h"

enum {
    FUTILE_AFTER = 8,    /* recipients of one claim that are refused while none is accepted */
    OUTDATED_MOST = 100, /* batches in a row that may not leave, because of their lease or their event */
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
    struct reports reports;
    struct pace pace;
    enum halt halt;
    bool no_database;
    int64_t asked_us; /* when the end was asked for */
    long limit;       /* mails that may still be claimed; -1: any number */
    bool planned;
    bool claimed;          /* since planning */
    bool more;             /* to be planned */
    bool dry;              /* nothing is left to claim */
    bool claim_unknown;    /* a claim's answer was lost: its mails wait for the end of its lease */
    unsigned outdated;     /* batches in a row that could not leave, because of their lease or their event */
    struct batch *pending; /* claimed, and to be sent */
};

static void halt(struct pass *pass, enum halt reason) {
    if (pass->halt == HALT_NOT)
        pass->halt = reason;
}

static bool is_halted(const struct pass *pass) {
    return pass->halt != HALT_NOT || pass->no_database;
}

/* Sees to it that the end of a batch gets into the ledger, and of recipients who were refused on their own: that was
 * their fault only if others of the same text are accepted. */
static void settle(struct pass *pass, struct batch *batch, enum report report, const char *error) {
    struct shipment *shipment = batch->shipment;

    shipment->open--;
    shipment->accepted = shipment->accepted || report == REPORT_SENT;
    if (shipment->accepted || shipment->open == 0) {
        for (struct batch *suspect; (suspect = batch_pop(&shipment->suspects)) != NULL;)
            reports_add(&pass->reports, suspect, shipment->accepted ? REPORT_REFUSED : REPORT_NOT_SENT, suspect->error);
    }
    reports_add(&pass->reports, batch, report, error);
}

/* Gives mails back; they can be claimed again in so many seconds. */
static void release(struct pass *pass, struct batch *batch, long seconds) {
    batch->release_seconds = seconds;
    if (pass->limit >= 0)
        pass->limit += (long)batch->count;
    settle(pass, batch, REPORT_RELEASE, "");
}

static bool plan(struct pass *pass) {
    struct ledger_plan plan;

    if (ledger_plan(pass->tools->ledger, &plan) != DB_OK)
        return false;
    pass->planned = true;
    pass->claimed = false;
    pass->more = plan.more;
    if (plan.recovered > 0)
        log_info("%lld mails of a notifier that ended are due again", (long long)plan.recovered);
    progress_expect(pass->progress, plan.due, plan.waiting);
    return true;
}

/* Writes the address in ASCII, in place of what the ledger has; NULL, or why that cannot be done. */
static const char *fault_of_address(struct ledger_mail *mail) {
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

/* Takes the mails out that have no address which SendGrid could take. The batch of the others, NULL if there are none.
 */
static struct batch *sift(struct pass *pass, struct batch *batch) {
    for (size_t i = 0; i < batch->count;) {
        const char *fault = fault_of_address(&batch_mails(batch)[i]);
        if (fault == NULL) {
            i++;
            continue;
        }
        log_error("mail %lld cannot be sent: %s", (long long)batch_mails(batch)[i].delivery_id, fault);
        if (batch->count == 1) {
            settle(pass, batch, REPORT_REFUSED, fault);
            return NULL;
        }
        /* The last one comes to its place. */
        struct batch *rest = batch_split(batch, &(struct answer){.offenders = {i}, .offender_count = 1});
        if (rest == NULL) {
            settle(pass, batch, REPORT_NOT_SENT, "there is no memory");
            return NULL;
        }
        settle(pass, rest, REPORT_REFUSED, fault);
    }
    return batch;
}

/* The next mails to be sent, claimed if need be; NULL if there are none for now. */
static struct batch *next_batch(struct pass *pass) {
    struct batch *batch = batch_pop(&pass->pending);

    while (batch == NULL && !pass->dry) {
        struct ledger_claim *claim = NULL;
        long most = pass->tools->settings->mails_per_request;
        if (pass->limit >= 0 && pass->limit < most)
            most = pass->limit;
        if (!pass->planned && !plan(pass))
            return NULL;
        if (most > 0 && ledger_claim(pass->tools->ledger, most, &claim) != DB_OK) {
            pass->claim_unknown = true;
            return NULL;
        }
        if (claim == NULL) {
            /* While the last ones were sent more may have become due. */
            pass->planned = false;
            /* What is to be claimed anew is still to be given back. */
            if (pass->outdated > 0 && pass->reports.first != NULL)
                return NULL;
            pass->dry = most == 0 || (!pass->more && !pass->claimed);
            continue;
        }
        pass->claimed = true;
        if (pass->limit >= 0)
            pass->limit -= (long)claim->mail_count;
        pass->progress->claimed += (int64_t)claim->mail_count;
        batch = batch_of_claim(claim);
        if (batch == NULL) {
            pass->claim_unknown = true;
            return NULL;
        }
        mail_compose(&batch->shipment->mail, claim, &pass->tools->tags, pass->tools->settings);
        batch = sift(pass, batch);
    }
    return batch;
}

static void send_batch(struct pass *pass, struct batch *batch) {
    struct shipment *shipment = batch->shipment;
    struct buffer body = {0};

    enum db_status status = ledger_start_sending(pass->tools->ledger, shipment->claim->id);
    if (status != DB_OK && status != DB_REFUSED) {
        batch_push(&pass->pending, batch);
        return;
    }
    if (status == DB_REFUSED) {
        log_info("%zu mails are claimed anew: their event has changed, or their lease has ended", batch->count);
        /* They are due again, or somebody else's: a release changes nothing that is not ours any more. */
        release(pass, batch, 0);
        if (++pass->outdated < OUTDATED_MOST)
            pass->planned = pass->dry = false;
        else
            pass->claim_unknown = pass->dry = true;
        return;
    }
    pass->outdated = 0;
    batch->with_reply_to = *pass->tools->settings->reply_to != '\0' && !shipment->no_reply_to;
    request_write(&body, pass->tools->settings, &shipment->mail, &pass->tools->tags, shipment->claim,
                  batch_mails(batch), batch->count, batch->with_reply_to);
    if (sendgrid_post(pass->tools->sendgrid, &body, batch))
        pass->progress->requests++;
    else
        settle(pass, batch, REPORT_NOT_SENT, "the request could not be put together");
}

/* Starts a request if there is something to send and room for it. Whether another one may follow. */
static bool start_next(struct pass *pass) {
    if (is_halted(pass) || ledger_is_away(pass->tools->ledger) || clock_us() < pass->reports.released_until_us ||
        !pace_allows(&pass->pace, sendgrid_under_way(pass->tools->sendgrid)))
        return false;
    struct batch *batch = next_batch(pass);
    if (batch == NULL)
        return false;
    if (batch->shipment->refused >= FUTILE_AFTER && !batch->shipment->accepted)
        settle(pass, batch, REPORT_NOT_SENT, "SendGrid refused all recipients that were tried");
    else
        send_batch(pass, batch);
    return true;
}

/* A recipient, or one of several, is not taken: looks for them, or has found them. */
static void suspect(struct pass *pass, struct batch *batch, const struct answer *answer) {
    struct shipment *shipment = batch->shipment;

    if (batch->count > 1) {
        struct batch *rest = batch_split(batch, answer);
        if (rest == NULL) {
            settle(pass, batch, REPORT_NOT_SENT, answer->error);
            return;
        }
        batch_push(&pass->pending, rest);
        batch_push(&pass->pending, batch);
        return;
    }
    log_error("mail %lld was refused: %s", (long long)batch_mails(batch)->delivery_id, answer->error);
    shipment->refused++;
    /* After two who may be neighbours the largest of what is left, where somebody is most likely to be accepted: many
     * who are refused in a row must not make it seem that all are. */
    if (!shipment->accepted && shipment->refused % 2 == 0)
        batch_promote_largest(&pass->pending, shipment);
    if ((answer->offender_count > 0 && answer->is_theirs) || shipment->accepted) {
        settle(pass, batch, REPORT_REFUSED, answer->error);
        return;
    }
    snprintf(batch->error, sizeof batch->error, "%s", answer->error);
    if (shipment->open > 1) {
        shipment->open--;
        batch_append(&shipment->suspects, batch);
    } else {
        settle(pass, batch, REPORT_NOT_SENT, answer->error);
    }
}

static void failed(struct pass *pass, struct batch *batch, enum report report, const char *error) {
    log_error("%zu mails %s sent: %s", batch->count, report == REPORT_UNKNOWN ? "may have been" : "were not", error);
    if (pace_failed(&pass->pace) && pass->halt == HALT_NOT) {
        log_error("SendGrid fails again and again (%s): the rest stays due", error);
        halt(pass, HALT_AWAY);
    }
    settle(pass, batch, report, error);
}

/* The address for replies is an organizer's or a setting, and no reason for a mail not to go. */
static void without_reply_to(struct pass *pass, struct batch *batch, const char *error) {
    struct shipment *shipment = batch->shipment;

    if (!shipment->no_reply_to)
        log_error("mails of event %lld go without Reply-To, which SendGrid does not take: %s",
                  (long long)shipment->claim->event_id, error);
    shipment->no_reply_to = true;
    batch_push(&pass->pending, batch);
}

static void answered(void *context, void *owner, const struct reply *reply) {
    struct pass *pass = context;
    struct batch *batch = owner;
    struct answer answer;

    answer_read(&answer, reply, batch->count, pass->tools->settings->sandbox != 0, time(NULL));
    switch (answer.verdict) {
    case ANSWER_SENT:
        pace_succeeded(&pass->pace);
        snprintf(batch->message_id, sizeof batch->message_id, "%s", reply->message_id);
        settle(pass, batch, REPORT_SENT, "");
        break;
    case ANSWER_LATER:
        if (pace_limited(&pass->pace, answer.wait_seconds) && pass->halt == HALT_NOT) {
            log_error("SendGrid's rate limit is reached, for %ld s: the rest stays due", answer.wait_seconds);
            halt(pass, HALT_RATE);
        }
        pass->planned = pass->dry = false;
        /* What was split off waits in the ledger, too: the wait may be longer than its lease. */
        release(pass, batch, answer.wait_seconds);
        while (pass->pending != NULL)
            release(pass, batch_pop(&pass->pending), answer.wait_seconds);
        break;
    case ANSWER_NOT_SENT:
        failed(pass, batch, REPORT_NOT_SENT, answer.error);
        break;
    case ANSWER_UNKNOWN:
        failed(pass, batch, REPORT_UNKNOWN, answer.error);
        break;
    case ANSWER_OFFENDER:
        pace_answered(&pass->pace);
        suspect(pass, batch, &answer);
        break;
    case ANSWER_TEXT:
        pace_answered(&pass->pace);
        log_error("%zu mails were refused: %s", batch->count, answer.error);
        settle(pass, batch, REPORT_REFUSED, answer.error);
        break;
    case ANSWER_REPLY_TO:
        pace_answered(&pass->pace);
        if (batch->with_reply_to)
            without_reply_to(pass, batch, answer.error);
        else
            suspect(pass, batch, &answer);
        break;
    case ANSWER_STOP:
        if (pass->halt != HALT_STOP)
            log_error("SendGrid accepts nothing as things are (%s). %s.", answer.error, answer.remedy);
        pass->halt = HALT_STOP;
        release(pass, batch, 0);
        break;
    }
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

/* Whether the end was asked for while the database is away, and a little time has passed with both. */
static bool is_out_of_grace(const struct pass *pass) {
    int64_t since = pass->tools->ledger->away_since_us;
    if (since == 0 || pass->asked_us == 0)
        return false;
    return clock_us() - (since > pass->asked_us ? since : pass->asked_us) >= GRACE_US;
}

/* Whether what is known and not recorded is worth waiting for a database that is away: until somebody asks for the end.
 */
static bool is_worth_waiting(const struct pass *pass) {
    return reports_matter(&pass->reports) && !is_out_of_grace(pass);
}

static bool is_finished(const struct pass *pass) {
    if (sendgrid_under_way(pass->tools->sendgrid) > 0)
        return false;
    if (pass->no_database && !is_worth_waiting(pass))
        return true;
    return pass->pending == NULL && pass->reports.first == NULL && (is_halted(pass) || pass->dry);
}

static enum run_status status_of(const struct pass *pass) {
    const struct progress *progress = pass->progress;

    if (pass->halt == HALT_STOP)
        return RUN_MISCONFIGURED;
    if (pass->no_database)
        return RUN_NO_DATABASE;
    if (progress->waiting + progress->dead + progress->unconfirmed + progress->lost + progress->resting > 0 ||
        pass->claim_unknown || !pass->dry)
        return RUN_INCOMPLETE;
    return RUN_DONE;
}

enum run_status pass_make(const struct pass_tools *tools, long limit, struct progress *progress) {
    struct pass pass = {
        .tools = tools,
        .progress = progress,
        .reports = {.ledger = tools->ledger, .progress = progress},
        .pace = pace_new(tools->settings->requests),
        .limit = limit,
    };

    progress_begin(progress);
    ledger_be_patient(tools->ledger);
    for (;;) {
        if (signals_asked(tools->signals) && pass.asked_us == 0) {
            pass.asked_us = clock_us();
            halt(&pass, HALT_SIGNAL);
        }
        /* One of each at a time, so that what is under way is looked after in between. */
        bool busy = reports_record(&pass.reports);
        busy = start_next(&pass) || busy;
        pass.no_database = ledger_is_lost(tools->ledger) || is_out_of_grace(&pass);
        while (is_halted(&pass) && pass.pending != NULL)
            release(&pass, batch_pop(&pass.pending), 0);
        progress_show(progress);
        if (is_finished(&pass))
            break;
        sendgrid_work(tools->sendgrid, tools->signals->fd, busy ? 0 : idle_milliseconds(&pass), answered, &pass);
    }
    reports_drop(&pass.reports);
    progress_end(progress);
    return status_of(&pass);
}
