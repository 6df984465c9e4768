/* One pass: claims what is due, sends it, and records what became of it. */
#include "pass.h"

#include <stdio.h>
#include <time.h>

#include "../db/common/clock.h"
#include "../db/common/log.h"
#include "answer.h"
#include "batch.h"
#include "request.h"

enum {
    AWAY_AFTER = 3,          /* failures in a row, after which SendGrid is let alone until the next pass */
    FUTILE_AFTER = 8,        /* recipients of one claim that are refused while none is accepted */
    LONGEST_RATE_WAIT = 120, /* seconds that a pass waits for a rate limit to be lifted */
    LONGEST_IDLE_US = 1000000,
};

/* Why a pass takes on nothing more. */
enum halt {
    HALT_NOT,
    HALT_SIGNAL,
    HALT_AWAY, /* SendGrid is ill or away */
    HALT_RATE, /* the rate limit will not be lifted soon */
    HALT_STOP, /* SendGrid will accept nothing as things are */
    HALT_NO_DATABASE,
};

struct pass {
    const struct pass_tools *tools;
    struct progress *progress;
    enum halt halt;
    long limit;        /* mails that may still be claimed; -1: any number */
    size_t window;     /* requests allowed at once: one until something succeeds, so that a wrong key is tried once */
    unsigned failures; /* in a row */
    bool planned;
    bool claimed; /* since planning */
    bool more;    /* to be planned */
    bool dry;     /* nothing is left to claim */
    int64_t paused_until_us;
    struct batch *pending;    /* claimed, and to be sent */
    struct batch *unreported; /* ended, and to be recorded, in order */
};

static void halt(struct pass *pass, enum halt reason) {
    if (pass->halt == HALT_NOT)
        pass->halt = reason;
}

/* Sees to it that the end of a batch gets into the ledger. */
static void settle(struct pass *pass, struct batch *batch, enum report report, const char *error) {
    batch->report = report;
    snprintf(batch->error, sizeof batch->error, "%s", error);
    batch_append(&pass->unreported, batch);
}

static enum db_status record(struct pass *pass, const struct batch *batch) {
    static const char *const outcomes[] = {
        [REPORT_NOT_SENT] = "not_sent", [REPORT_REFUSED] = "refused", [REPORT_UNKNOWN] = "unknown"};
    int64_t claim_id = batch->shipment->claim->id;
    const struct ledger_mail *mails = batch_mails(batch);
    struct ledger_failures failures;
    enum db_status status;
    int64_t completed;

    switch (batch->report) {
    case REPORT_SENT:
        status = ledger_complete(pass->tools->ledger, claim_id, mails, batch->count,
                                 batch->message_id[0] != '\0' ? batch->message_id : NULL, &completed);
        if (status == DB_OK) {
            pass->progress->sent += (int64_t)batch->count;
            if (completed < (int64_t)batch->count)
                log_error("%lld mails were sent after their lease had ended; some may go twice",
                          (long long)batch->count - (long long)completed);
        }
        return status;
    case REPORT_RELEASE:
        status = ledger_release(pass->tools->ledger, claim_id, mails, batch->count, batch->release_seconds);
        if (status == DB_OK)
            pass->progress->released += (int64_t)batch->count;
        return status;
    default:
        status = ledger_fail(pass->tools->ledger, claim_id, mails, batch->count, outcomes[batch->report], batch->error,
                             &failures);
        if (status == DB_OK) {
            pass->progress->waiting += failures.waiting;
            pass->progress->dead += failures.dead;
            pass->progress->unconfirmed += failures.unconfirmed;
        }
        return status;
    }
}

static void record_reports(struct pass *pass) {
    while (pass->unreported != NULL && !ledger_is_away(pass->tools->ledger)) {
        enum db_status status = record(pass, pass->unreported);
        if (status == DB_UNAVAILABLE)
            return;
        struct batch *batch = batch_pop(&pass->unreported);
        /* Anything else is a bug of ours: when the lease ends the mails become due again. */
        if (status != DB_OK)
            pass->progress->lost += (int64_t)batch->count;
        batch_free(batch);
    }
}

/* Gives mails back; they can be claimed again in so many seconds. */
static void release(struct pass *pass, struct batch *batch, long seconds) {
    batch->release_seconds = seconds;
    if (pass->limit >= 0)
        pass->limit += (long)batch->count;
    settle(pass, batch, REPORT_RELEASE, "");
}

/* Whether a call went well. If not it is made again later, but for errors that will not pass. */
static bool answered_by_database(struct pass *pass, enum db_status status) {
    if (status != DB_OK && status != DB_UNAVAILABLE)
        halt(pass, HALT_NO_DATABASE);
    return status == DB_OK;
}

static bool plan(struct pass *pass) {
    struct ledger_plan plan;

    if (!answered_by_database(pass, ledger_plan(pass->tools->ledger, &plan)))
        return false;
    pass->planned = true;
    pass->claimed = false;
    pass->more = plan.more;
    if (plan.recovered > 0)
        log_info("%lld mails of a notifier that ended are due again", (long long)plan.recovered);
    progress_expect(pass->progress, plan.due);
    return true;
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
        if (most > 0 && !answered_by_database(pass, ledger_claim(pass->tools->ledger, most, &claim)))
            return NULL;
        if (claim == NULL) {
            /* While the last ones were sent more may have become due. */
            pass->planned = false;
            pass->dry = most == 0 || (!pass->more && !pass->claimed);
            continue;
        }
        pass->claimed = true;
        if (pass->limit >= 0)
            pass->limit -= (long)claim->mail_count;
        pass->progress->claimed += (int64_t)claim->mail_count;
        batch = batch_of_claim(claim);
        if (batch == NULL)
            return NULL;
        mail_compose(&batch->shipment->mail, claim, &pass->tools->tags, pass->tools->settings->from_name,
                     pass->tools->settings->zone);
    }
    return batch;
}

static void send_batch(struct pass *pass, struct batch *batch) {
    const struct shipment *shipment = batch->shipment;
    struct buffer body = {0};

    enum db_status status = ledger_start_sending(pass->tools->ledger, shipment->claim->id);
    if (status == DB_UNAVAILABLE) {
        batch_push(&pass->pending, batch);
        return;
    }
    if (status != DB_OK) {
        /* They are due again, or somebody else's. */
        log_error("%zu mails were not sent, because their lease has ended", batch->count);
        pass->progress->lost += (int64_t)batch->count;
        batch_free(batch);
        return;
    }
    request_write(&body, pass->tools->settings, &shipment->mail, &pass->tools->tags, shipment->claim,
                  batch_mails(batch), batch->count);
    if (sendgrid_post(pass->tools->sendgrid, &body, batch))
        pass->progress->requests++;
    else
        settle(pass, batch, REPORT_NOT_SENT, "the request could not be put together");
}

/* Starts requests as far as the window allows. */
static void fill_window(struct pass *pass) {
    while (pass->halt == HALT_NOT && sendgrid_under_way(pass->tools->sendgrid) < pass->window) {
        if (clock_us() < pass->paused_until_us || ledger_is_away(pass->tools->ledger))
            return;
        struct batch *batch = next_batch(pass);
        if (batch == NULL)
            return;
        if (batch->shipment->refused >= FUTILE_AFTER && !batch->shipment->accepted)
            settle(pass, batch, REPORT_NOT_SENT, "SendGrid refused all recipients that were tried");
        else
            send_batch(pass, batch);
    }
}

/* Looks for the recipient whom SendGrid does not take. */
static void search(struct pass *pass, struct batch *batch, const struct answer *answer) {
    struct batch *rest = batch_split(batch, answer);
    if (rest == NULL) {
        settle(pass, batch, REPORT_NOT_SENT, answer->error);
        return;
    }
    batch_push(&pass->pending, rest);
    batch_push(&pass->pending, batch);
}

static void slow_down(struct pass *pass, const struct answer *answer) {
    pass->window = 1;
    if (++pass->failures >= AWAY_AFTER && pass->halt == HALT_NOT) {
        log_error("SendGrid fails again and again (%s): the rest stays due", answer->error);
        halt(pass, HALT_AWAY);
    }
}

static void answered(void *context, void *owner, const struct reply *reply) {
    struct pass *pass = context;
    struct batch *batch = owner;
    struct answer answer;

    answer_read(&answer, reply, batch->count, pass->tools->settings->sandbox != 0, time(NULL));
    switch (answer.verdict) {
    case ANSWER_SENT:
        pass->failures = 0;
        pass->window = 2 * pass->window < (size_t)pass->tools->settings->requests
                           ? 2 * pass->window
                           : (size_t)pass->tools->settings->requests;
        batch->shipment->accepted = true;
        snprintf(batch->message_id, sizeof batch->message_id, "%s", reply->message_id);
        settle(pass, batch, REPORT_SENT, "");
        break;
    case ANSWER_LATER:
        pass->window = 1;
        pass->paused_until_us = clock_us() + answer.wait_seconds * 1000000LL;
        pass->dry = false;
        pass->planned = false;
        if (answer.wait_seconds > LONGEST_RATE_WAIT && pass->halt == HALT_NOT) {
            log_error("SendGrid's rate limit is reached, for %ld s: the rest stays due", answer.wait_seconds);
            halt(pass, HALT_RATE);
        }
        release(pass, batch, answer.wait_seconds);
        break;
    case ANSWER_NOT_SENT:
        log_error("%zu mails were not sent: %s", batch->count, answer.error);
        slow_down(pass, &answer);
        settle(pass, batch, REPORT_NOT_SENT, answer.error);
        break;
    case ANSWER_UNKNOWN:
        log_error("%zu mails may have been sent: %s", batch->count, answer.error);
        slow_down(pass, &answer);
        settle(pass, batch, REPORT_UNKNOWN, answer.error);
        break;
    case ANSWER_OFFENDER:
        pass->failures = 0;
        if (batch->count > 1) {
            search(pass, batch, &answer);
            break;
        }
        log_error("mail %lld was refused: %s", (long long)batch_mails(batch)->delivery_id, answer.error);
        batch->shipment->refused++;
        settle(pass, batch, REPORT_REFUSED, answer.error);
        break;
    case ANSWER_TEXT:
        log_error("%zu mails were refused: %s", batch->count, answer.error);
        settle(pass, batch, REPORT_REFUSED, answer.error);
        break;
    case ANSWER_STOP:
        if (pass->halt != HALT_STOP)
            log_error("SendGrid does not accept the request (%s): check SENDGRID_API_KEY, FROM_EMAIL and SENDGRID_URL",
                      answer.error);
        pass->halt = HALT_STOP;
        release(pass, batch, 0);
        break;
    }
}

/* How long nothing needs to be done unless something happens. */
static int idle_milliseconds(const struct pass *pass) {
    int64_t now = clock_us();
    int64_t until = now + LONGEST_IDLE_US;

    if (ledger_is_away(pass->tools->ledger))
        until = pass->tools->ledger->retry_at_us;
    else if (pass->halt == HALT_NOT && sendgrid_under_way(pass->tools->sendgrid) == 0 && now < pass->paused_until_us)
        until = pass->paused_until_us < until ? pass->paused_until_us : until;
    else if (pass->unreported != NULL)
        until = now;
    return until <= now ? 0 : (int)((until - now + 999) / 1000);
}

/* Whether the pass has come to its end. */
static bool finished(const struct pass *pass) {
    if (sendgrid_under_way(pass->tools->sendgrid) > 0)
        return false;
    if (pass->halt == HALT_NO_DATABASE)
        return true;
    return pass->pending == NULL && pass->unreported == NULL && (pass->halt != HALT_NOT || pass->dry);
}

static void drop_all(struct pass *pass, struct batch **list) {
    for (struct batch *batch; (batch = batch_pop(list)) != NULL;) {
        pass->progress->lost += (int64_t)batch->count;
        batch_free(batch);
    }
}

static enum run_status status_of(const struct pass *pass) {
    const struct progress *progress = pass->progress;
    if (pass->halt == HALT_STOP)
        return RUN_MISCONFIGURED;
    if (pass->halt == HALT_NO_DATABASE)
        return RUN_NO_DATABASE;
    bool all = progress->waiting + progress->dead + progress->unconfirmed + progress->lost == 0;
    return all && (pass->halt == HALT_NOT || (pass->halt == HALT_SIGNAL && progress->released == 0)) ? RUN_DONE
                                                                                                     : RUN_INCOMPLETE;
}

enum run_status pass_make(const struct pass_tools *tools, long limit, struct progress *progress) {
    struct pass pass = {.tools = tools, .progress = progress, .limit = limit, .window = 1};

    progress_begin(progress);
    ledger_be_patient(tools->ledger);
    for (;;) {
        if (signals_asked(tools->signals))
            halt(&pass, HALT_SIGNAL);
        record_reports(&pass);
        fill_window(&pass);
        if (ledger_is_lost(tools->ledger))
            halt(&pass, HALT_NO_DATABASE);
        while (pass.halt != HALT_NOT && pass.pending != NULL)
            release(&pass, batch_pop(&pass.pending), 0);
        progress_show(progress);
        if (finished(&pass))
            break;
        sendgrid_work(tools->sendgrid, tools->signals->fd, idle_milliseconds(&pass), answered, &pass);
    }
    drop_all(&pass, &pass.pending);
    drop_all(&pass, &pass.unreported);
    progress_end(progress);
    return status_of(&pass);
}
