/* A run: claims what is due, sends it, and records what became of it. */
#include "run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "../db/common/clock.h"
#include "../db/common/log.h"
#include "answer.h"
#include "ledger.h"
#include "mail.h"
#include "progress.h"
#include "request.h"
#include "sendgrid.h"

enum {
    AWAY_AFTER = 3,           /* failures in a row, after which SendGrid is let alone until the next pass */
    FUTILE_AFTER = 8,         /* recipients of one claim that are refused while none is accepted */
    LONGEST_RATE_WAIT = 120,  /* seconds that a pass waits for a rate limit to be lifted */
    DATABASE_PATIENCE_S = 60, /* for a database that went away during the run */
    DATABASE_RETRY_US = 250000,
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

/* A claim with its text, shared by the requests that it is sent in. */
struct shipment {
    struct ledger_claim *claim;
    struct mail mail;
    size_t batches; /* that point here */
    size_t refused; /* recipients */
    bool accepted;  /* some were */
};

enum report { REPORT_SENT, REPORT_NOT_SENT, REPORT_REFUSED, REPORT_UNKNOWN, REPORT_RELEASE };

/* Mails of a shipment that go in one request: mails[first] to mails[first + count - 1]. */
struct batch {
    struct shipment *shipment;
    size_t first;
    size_t count;
    enum report report; /* what is to be recorded */
    char message_id[128];
    char error[256];
    long release_seconds;
    struct batch *next;
};

struct run {
    const struct notifier_settings *settings;
    struct ledger ledger;
    struct sendgrid *sendgrid;
    struct mail_tags tags;
    int signals;
    bool stopping; /* a signal asked for the end */

    /* Of one pass. */
    enum halt halt;
    long limit;        /* mails that may still be claimed; -1: any number */
    size_t window;     /* requests allowed at once: one until something succeeds, so that a wrong key is tried once */
    unsigned failures; /* in a row */
    bool planned;
    bool claimed; /* since planning */
    bool more;    /* to be planned */
    bool dry;     /* nothing is left to claim */
    int64_t paused_until_us;
    int64_t database_retry_us;
    int64_t database_away_us; /* since when; 0: it is there */
    bool database_seen;
    struct batch *pending;    /* claimed, and to be sent */
    struct batch *unreported; /* ended, and to be recorded, in order */
    struct progress progress;
};

static void halt(struct run *run, enum halt reason) {
    if (run->halt == HALT_NOT)
        run->halt = reason;
}

static void shipment_leave(struct shipment *shipment) {
    if (--shipment->batches > 0)
        return;
    ledger_claim_free(shipment->claim);
    mail_free(&shipment->mail);
    free(shipment);
}

static void batch_free(struct batch *batch) {
    shipment_leave(batch->shipment);
    free(batch);
}

static struct batch *batch_new(struct shipment *shipment, size_t first, size_t count) {
    struct batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL)
        return NULL;
    batch->shipment = shipment;
    batch->first = first;
    batch->count = count;
    shipment->batches++;
    return batch;
}

static struct ledger_mail *batch_mails(const struct batch *batch) {
    return batch->shipment->claim->mails + batch->first;
}

static void database_answers(struct run *run) {
    run->database_seen = true;
    run->database_away_us = 0;
}

/* What is known of mails that were sent has to be recorded, so a database that goes away in the middle is waited for.
 */
static void database_is_away(struct run *run) {
    int64_t now = clock_us();
    if (run->database_away_us == 0)
        run->database_away_us = now;
    run->database_retry_us = now + DATABASE_RETRY_US;
    if (!run->database_seen || now - run->database_away_us > DATABASE_PATIENCE_S * 1000000LL)
        halt(run, HALT_NO_DATABASE);
}

/* Sees to it that the end of a batch gets into the ledger. */
static void settle(struct run *run, struct batch *batch, enum report report, const char *error) {
    struct batch **end = &run->unreported;
    while (*end != NULL)
        end = &(*end)->next;
    *end = batch;
    batch->next = NULL;
    batch->report = report;
    snprintf(batch->error, sizeof batch->error, "%s", error);
}

static enum db_status record(struct run *run, const struct batch *batch) {
    static const char *const outcomes[] = {
        [REPORT_NOT_SENT] = "not_sent", [REPORT_REFUSED] = "refused", [REPORT_UNKNOWN] = "unknown"};
    int64_t claim_id = batch->shipment->claim->id;
    const struct ledger_mail *mails = batch_mails(batch);
    struct ledger_failures failures;
    enum db_status status;
    int64_t completed;

    switch (batch->report) {
    case REPORT_SENT:
        status = ledger_complete(&run->ledger, claim_id, mails, batch->count,
                                 batch->message_id[0] != '\0' ? batch->message_id : NULL, &completed);
        if (status == DB_OK) {
            run->progress.sent += (int64_t)batch->count;
            if (completed < (int64_t)batch->count)
                log_error("%lld mails were sent after their lease had ended; some may go twice",
                          (long long)batch->count - (long long)completed);
        }
        return status;
    case REPORT_RELEASE:
        status = ledger_release(&run->ledger, claim_id, mails, batch->count, batch->release_seconds);
        if (status == DB_OK)
            run->progress.released += (int64_t)batch->count;
        return status;
    default:
        status =
            ledger_fail(&run->ledger, claim_id, mails, batch->count, outcomes[batch->report], batch->error, &failures);
        if (status == DB_OK) {
            run->progress.waiting += failures.waiting;
            run->progress.dead += failures.dead;
            run->progress.unconfirmed += failures.unconfirmed;
        }
        return status;
    }
}

static void record_reports(struct run *run) {
    while (run->unreported != NULL && clock_us() >= run->database_retry_us) {
        struct batch *batch = run->unreported;
        enum db_status status = record(run, batch);
        if (status == DB_UNAVAILABLE) {
            database_is_away(run);
            return;
        }
        database_answers(run);
        /* Anything else is a bug of ours: when the lease ends the mails become due again. */
        if (status != DB_OK)
            run->progress.lost += (int64_t)batch->count;
        run->unreported = batch->next;
        batch_free(batch);
    }
}

static void push(struct run *run, struct batch *batch) {
    batch->next = run->pending;
    run->pending = batch;
}

/* Gives mails back; they can be claimed again in so many seconds. */
static void release(struct run *run, struct batch *batch, long seconds) {
    batch->release_seconds = seconds;
    if (run->limit >= 0)
        run->limit += (long)batch->count;
    settle(run, batch, REPORT_RELEASE, "");
}

static bool plan(struct run *run) {
    struct ledger_plan plan;
    enum db_status status = ledger_plan(&run->ledger, &plan);

    if (status != DB_OK) {
        if (status == DB_UNAVAILABLE)
            database_is_away(run);
        else
            halt(run, HALT_NO_DATABASE);
        return false;
    }
    database_answers(run);
    run->planned = true;
    run->claimed = false;
    run->more = plan.more;
    if (plan.recovered > 0)
        log_info("%lld mails of a notifier that ended are due again", (long long)plan.recovered);
    progress_expect(&run->progress, plan.due);
    return true;
}

static struct batch *ship(struct run *run, struct ledger_claim *claim) {
    struct shipment *shipment = calloc(1, sizeof *shipment);
    if (shipment == NULL) {
        ledger_claim_free(claim);
        return NULL;
    }
    shipment->claim = claim;
    mail_compose(&shipment->mail, claim, &run->tags, run->settings->from_name, run->settings->zone);
    struct batch *batch = batch_new(shipment, 0, claim->mail_count);
    if (batch == NULL) {
        shipment->batches = 1;
        shipment_leave(shipment);
    }
    return batch;
}

/* The next mails to be sent, claimed if need be; NULL if there are none for now. */
static struct batch *next_batch(struct run *run) {
    struct ledger_claim *claim;

    if (run->pending != NULL) {
        struct batch *batch = run->pending;
        run->pending = batch->next;
        return batch;
    }
    while (!run->dry) {
        if (!run->planned && !plan(run))
            return NULL;
        long most = run->settings->mails_per_request;
        if (run->limit >= 0 && run->limit < most)
            most = run->limit;
        enum db_status status = most > 0 ? ledger_claim(&run->ledger, most, &claim) : DB_OK;
        if (most == 0)
            claim = NULL;
        if (status != DB_OK) {
            if (status == DB_UNAVAILABLE)
                database_is_away(run);
            else
                halt(run, HALT_NO_DATABASE);
            return NULL;
        }
        database_answers(run);
        if (claim != NULL) {
            run->claimed = true;
            if (run->limit >= 0)
                run->limit -= (long)claim->mail_count;
            run->progress.claimed += (int64_t)claim->mail_count;
            return ship(run, claim);
        }
        /* While the last ones were sent more may have become due. */
        run->planned = false;
        run->dry = most == 0 || (!run->more && !run->claimed);
    }
    return NULL;
}

static void send_batch(struct run *run, struct batch *batch) {
    const struct shipment *shipment = batch->shipment;
    struct buffer body = {0};

    enum db_status status = ledger_start_sending(&run->ledger, shipment->claim->id);
    if (status == DB_UNAVAILABLE) {
        database_is_away(run);
        push(run, batch);
        return;
    }
    if (status != DB_OK) {
        /* They are due again, or somebody else's. */
        log_error("%zu mails were not sent, because their lease has ended", batch->count);
        run->progress.lost += (int64_t)batch->count;
        batch_free(batch);
        return;
    }
    database_answers(run);
    request_write(&body, run->settings, &shipment->mail, &run->tags, shipment->claim, batch_mails(batch), batch->count);
    if (sendgrid_post(run->sendgrid, &body, batch))
        run->progress.requests++;
    else
        settle(run, batch, REPORT_NOT_SENT, "the request could not be put together");
}

/* Starts requests as far as the window allows. */
static void fill_window(struct run *run) {
    while (run->halt == HALT_NOT && sendgrid_under_way(run->sendgrid) < run->window) {
        int64_t now = clock_us();
        if (now < run->paused_until_us || now < run->database_retry_us)
            return;
        struct batch *batch = next_batch(run);
        if (batch == NULL)
            return;
        if (batch->shipment->refused >= FUTILE_AFTER && !batch->shipment->accepted)
            settle(run, batch, REPORT_NOT_SENT, "SendGrid refused all recipients that were tried");
        else
            send_batch(run, batch);
    }
}

/* Two batches out of one: those that SendGrid has named and the others, or else two halves. */
static void split(struct run *run, struct batch *batch, const struct answer *answer) {
    struct ledger_mail *mails = batch_mails(batch);
    size_t kept = batch->count - answer->offender_count;

    if (answer->offender_count == 0 || kept == 0) {
        kept = batch->count / 2;
    } else {
        /* From the last one on, so that no swap moves one that is still to be moved. */
        size_t end = batch->count;
        for (size_t i = answer->offender_count; i-- > 0;) {
            struct ledger_mail offender = mails[answer->offenders[i]];
            mails[answer->offenders[i]] = mails[--end];
            mails[end] = offender;
        }
    }
    struct batch *rest = batch_new(batch->shipment, batch->first + kept, batch->count - kept);
    if (rest == NULL) {
        settle(run, batch, REPORT_NOT_SENT, answer->error);
        return;
    }
    batch->count = kept;
    push(run, rest);
    push(run, batch);
}

static void slow_down(struct run *run, const struct answer *answer) {
    run->window = 1;
    if (++run->failures >= AWAY_AFTER && run->halt == HALT_NOT) {
        log_error("SendGrid fails again and again (%s): the rest stays due", answer->error);
        halt(run, HALT_AWAY);
    }
}

static void answered(void *context, void *owner, const struct reply *reply) {
    struct run *run = context;
    struct batch *batch = owner;
    struct answer answer;

    answer_read(&answer, reply, batch->count, run->settings->sandbox != 0, time(NULL));
    switch (answer.verdict) {
    case ANSWER_SENT:
        run->failures = 0;
        run->window =
            2 * run->window < (size_t)run->settings->requests ? 2 * run->window : (size_t)run->settings->requests;
        batch->shipment->accepted = true;
        snprintf(batch->message_id, sizeof batch->message_id, "%s", reply->message_id);
        settle(run, batch, REPORT_SENT, "");
        break;
    case ANSWER_LATER:
        run->window = 1;
        run->paused_until_us = clock_us() + answer.wait_seconds * 1000000LL;
        run->dry = false;
        run->planned = false;
        if (answer.wait_seconds > LONGEST_RATE_WAIT && run->halt == HALT_NOT) {
            log_error("SendGrid's rate limit is reached, for %ld s: the rest stays due", answer.wait_seconds);
            halt(run, HALT_RATE);
        }
        release(run, batch, answer.wait_seconds);
        break;
    case ANSWER_NOT_SENT:
        log_error("%zu mails were not sent: %s", batch->count, answer.error);
        slow_down(run, &answer);
        settle(run, batch, REPORT_NOT_SENT, answer.error);
        break;
    case ANSWER_UNKNOWN:
        log_error("%zu mails may have been sent: %s", batch->count, answer.error);
        slow_down(run, &answer);
        settle(run, batch, REPORT_UNKNOWN, answer.error);
        break;
    case ANSWER_OFFENDER:
        run->failures = 0;
        if (batch->count > 1) {
            split(run, batch, &answer);
            break;
        }
        log_error("mail %lld was refused: %s", (long long)batch_mails(batch)->delivery_id, answer.error);
        batch->shipment->refused++;
        settle(run, batch, REPORT_REFUSED, answer.error);
        break;
    case ANSWER_TEXT:
        log_error("%zu mails were refused: %s", batch->count, answer.error);
        settle(run, batch, REPORT_REFUSED, answer.error);
        break;
    case ANSWER_STOP:
        if (run->halt != HALT_STOP)
            log_error("SendGrid does not accept the request (%s): check SENDGRID_API_KEY, FROM_EMAIL and SENDGRID_URL",
                      answer.error);
        run->halt = HALT_STOP;
        release(run, batch, 0);
        break;
    }
}

static void take_signals(struct run *run) {
    struct signalfd_siginfo info;
    while (read(run->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (!run->stopping)
            log_info("stopping on signal %u", info.ssi_signo);
        run->stopping = true;
        halt(run, HALT_SIGNAL);
    }
}

static int milliseconds_until(int64_t then_us, int64_t now_us) {
    int64_t left = (then_us - now_us + 999) / 1000;
    return left < 0 ? 0 : left > 1000 ? 1000 : (int)left;
}

/* How long nothing needs to be done unless something happens. */
static int idle_milliseconds(const struct run *run) {
    int64_t now = clock_us();
    int64_t until = now + 1000000;

    if (now < run->database_retry_us && (run->unreported != NULL || sendgrid_under_way(run->sendgrid) == 0))
        until = run->database_retry_us;
    else if (run->halt == HALT_NOT && sendgrid_under_way(run->sendgrid) == 0 && now < run->paused_until_us)
        until = run->paused_until_us;
    else if (run->unreported != NULL)
        until = now;
    return milliseconds_until(until, now);
}

/* Whether the pass has come to its end. */
static bool finished(const struct run *run) {
    if (sendgrid_under_way(run->sendgrid) > 0)
        return false;
    if (run->halt == HALT_NO_DATABASE)
        return true;
    return run->pending == NULL && run->unreported == NULL && (run->halt != HALT_NOT || run->dry);
}

static void drop_all(struct run *run, struct batch **list) {
    while (*list != NULL) {
        struct batch *batch = *list;
        *list = batch->next;
        run->progress.lost += (int64_t)batch->count;
        batch_free(batch);
    }
}

static enum run_status status_of(const struct run *run) {
    const struct progress *progress = &run->progress;
    if (run->halt == HALT_STOP)
        return RUN_MISCONFIGURED;
    if (run->halt == HALT_NO_DATABASE)
        return RUN_NO_DATABASE;
    bool all = progress->waiting + progress->dead + progress->unconfirmed + progress->lost == 0;
    return all && (run->halt == HALT_NOT || (run->halt == HALT_SIGNAL && progress->released == 0)) ? RUN_DONE
                                                                                                   : RUN_INCOMPLETE;
}

static enum run_status make_pass(struct run *run, const struct run_options *options) {
    run->halt = run->stopping ? HALT_SIGNAL : HALT_NOT;
    run->limit = options->limit;
    run->window = 1;
    run->failures = 0;
    run->planned = run->claimed = run->more = run->dry = false;
    run->paused_until_us = run->database_retry_us = run->database_away_us = 0;
    progress_begin(&run->progress);

    for (;;) {
        take_signals(run);
        record_reports(run);
        fill_window(run);
        while (run->halt != HALT_NOT && run->pending != NULL) {
            struct batch *batch = run->pending;
            run->pending = batch->next;
            release(run, batch, 0);
        }
        progress_show(&run->progress);
        if (finished(run))
            break;
        sendgrid_work(run->sendgrid, run->signals, idle_milliseconds(run), answered, run);
    }
    drop_all(run, &run->pending);
    drop_all(run, &run->unreported);
    progress_end(&run->progress);
    return status_of(run);
}

/* Waits for the next pass; a signal ends the wait. */
static void rest(struct run *run, long seconds) {
    int64_t until = clock_us() + seconds * 1000000;
    struct pollfd signals = {.fd = run->signals, .events = POLLIN};

    while (!run->stopping && clock_us() < until) {
        if (poll(&signals, 1, milliseconds_until(until, clock_us())) > 0)
            take_signals(run);
    }
}

static enum run_status run_passes(struct run *run, const struct run_options *options) {
    enum run_status status;
    do {
        status = make_pass(run, options);
        if (options->watch_seconds == 0 || run->progress.claimed > 0)
            progress_summarize(&run->progress);
        if (options->watch_seconds == 0 || status == RUN_MISCONFIGURED)
            return status;
        rest(run, options->watch_seconds);
    } while (!run->stopping);
    return RUN_DONE;
}

/* A signal is read in between, not where it strikes. */
static int open_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

enum run_status run_notifier(const struct notifier_settings *settings, const struct run_options *options) {
    struct run run = {.settings = settings, .signals = -1};
    enum run_status status = RUN_INCOMPLETE;

    run.signals = open_signals();
    run.sendgrid = sendgrid_new(settings);
    if (run.signals < 0 || run.sendgrid == NULL || !mail_tags_make(&run.tags) || !ledger_open(&run.ledger, settings))
        log_error("cannot begin: %s", strerror(errno));
    else
        status = run_passes(&run, options);
    ledger_close(&run.ledger);
    sendgrid_free(run.sendgrid);
    if (run.signals >= 0)
        close(run.signals);
    return status;
}
