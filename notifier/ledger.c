/* The ledger of mails as the notifier sees it: one function per stored procedure. */
#include "notifier/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/common/buffer.h"
#include "db/common/clock.h"

enum {
    FIRST_RETRY_US = 250000, /* doubles with each failure */
    LONGEST_RETRY_US = 4000000,
};

const char *ledger_open(struct ledger *ledger, const struct notifier_settings *settings, bool log_versions) {
    const struct db_server_options server = {settings->db_connect_seconds, settings->db_seconds, log_versions};
    char host[48];

    if (gethostname(host, sizeof host) != 0)
        snprintf(host, sizeof host, "unknown");
    host[sizeof host - 1] = '\0';
    *ledger = (struct ledger){.lease_seconds = settings->lease_seconds};
    snprintf(ledger->worker, sizeof ledger->worker, "%s/%ld", host, (long)getpid());
    const char *fault = db_url_parse(&ledger->url, settings->database_url);
    if (fault != NULL)
        return fault;
    ledger->server = db_server_new(&ledger->url, &server);
    if (ledger->server != NULL)
        ledger->connection = db_connection_new(ledger->server);
    return ledger->connection != NULL ? NULL : "the client library has no memory";
}

void ledger_close(struct ledger *ledger) {
    db_connection_free(ledger->connection);
    db_server_free(ledger->server);
    db_url_free(&ledger->url);
    *ledger = (struct ledger){0};
}

static struct db_value integer(int64_t number) {
    return (struct db_value){.type = DB_INTEGER, .integer = number};
}

static struct db_value text(const char *bytes) {
    if (bytes == NULL)
        return (struct db_value){.type = DB_NULL};
    return (struct db_value){.type = DB_TEXT, .text = {bytes, strlen(bytes)}};
}

static int64_t integer_of(struct db_result *result, const char *name) {
    struct db_column column = db_result_find(result, name);
    return column.text != NULL ? strtoll(column.text, NULL, 10) : 0;
}

/* A refusal (DB_REFUSED) shows that the database is there. Only start_sending is expected to refuse. */
static enum db_status call_procedure(struct ledger *ledger, const struct db_call *call) {
    struct db_outcome outcome;

    db_connection_call(ledger->connection, call, &outcome);
    if (outcome.status == DB_OK || outcome.status == DB_REFUSED) {
        ledger->was_there = true;
        ledger->away_since_us = ledger->retry_at_us = 0;
        ledger->failures = 0;
    } else {
        int64_t now = clock_us();
        int64_t pause = ledger->failures < 4 ? (int64_t)FIRST_RETRY_US << ledger->failures : LONGEST_RETRY_US;
        if (ledger->away_since_us == 0)
            ledger->away_since_us = now;
        ledger->retry_at_us = now + pause;
        ledger->failures++;
    }
    return outcome.status;
}

bool ledger_is_away(const struct ledger *ledger) {
    return clock_us() < ledger->retry_at_us;
}

bool ledger_is_lost(const struct ledger *ledger) {
    return ledger->away_since_us != 0 &&
           (!ledger->was_there || clock_us() - ledger->away_since_us > ledger->lease_seconds * 1000000LL);
}

void ledger_be_patient(struct ledger *ledger) {
    ledger->away_since_us = 0;
}

static void receive_plan(void *receiver, struct db_result *result, unsigned index) {
    struct ledger_plan *plan = receiver;

    if (index > 0 || !db_result_next(result))
        return;
    *plan = (struct ledger_plan){
        .planned = integer_of(result, "planned"),
        .recovered = integer_of(result, "recovered"),
        .due = integer_of(result, "due"),
        .more = integer_of(result, "more") != 0,
        .waiting = integer_of(result, "waiting"),
    };
}

enum db_status ledger_plan(struct ledger *ledger, struct ledger_plan *plan) {
    const struct db_value arguments[] = {{.type = DB_NULL}};

    *plan = (struct ledger_plan){0};
    return call_procedure(ledger, &(struct db_call){.procedure = "plan_deliveries",
                                                    .arguments = arguments,
                                                    .argument_count = 1,
                                                    .repeatable = true,
                                                    .receive = receive_plan,
                                                    .receiver = plan});
}

static void free_event(struct ledger_event *event) {
    free(event->title.bytes);
    free(event->venue.bytes);
    free(event->speaker.bytes);
}

void ledger_claim_free(struct ledger_claim *claim) {
    if (claim == NULL)
        return;
    for (size_t i = 0; i < claim->mail_count; i++) {
        free(claim->mails[i].participant.bytes);
        free(claim->mails[i].email.bytes);
        free(claim->mails[i].unsubscribe_token.bytes);
    }
    free(claim->mails);
    free_event(&claim->now);
    free_event(&claim->known);
    free(claim->organizer.bytes);
    free(claim->organizer_email.bytes);
    free(claim);
}

/* A claim that is being received. */
struct reception {
    struct ledger_claim *claim;
    size_t capacity;
    bool failed; /* there was no memory */
};

static struct ledger_text copy_of(struct reception *reception, struct db_result *result, const char *name) {
    struct db_column column = db_result_find(result, name);
    struct ledger_text copy = {.bytes = malloc(column.length + 1), .length = column.length};

    if (copy.bytes == NULL) {
        reception->failed = true;
        return (struct ledger_text){0};
    }
    memcpy(copy.bytes, column.text != NULL ? column.text : "", column.length + 1);
    return copy;
}

static int64_t seconds_of(struct db_result *result, const char *name) {
    struct db_column column = db_result_find(result, name);
    return column.text != NULL ? db_column_seconds(&column) : 0;
}

static struct ledger_event event_of(struct reception *reception, struct db_result *result, const char *const names[4]) {
    return (struct ledger_event){
        .title = copy_of(reception, result, names[0]),
        .venue = copy_of(reception, result, names[1]),
        .speaker = copy_of(reception, result, names[2]),
        .date = seconds_of(result, names[3]),
    };
}

static void receive_heading(struct reception *reception, struct db_result *result) {
    static const char *const now[] = {"title", "venue", "speaker", "event_date"};
    static const char *const known[] = {"known_title", "known_venue", "known_speaker", "known_event_date"};

    ledger_claim_free(reception->claim);
    *reception = (struct reception){0};
    if (!db_result_next(result))
        return;
    struct ledger_claim *claim = calloc(1, sizeof *claim);
    reception->claim = claim;
    if (claim == NULL) {
        reception->failed = true;
        return;
    }
    claim->id = integer_of(result, "claim_id");
    claim->event_id = integer_of(result, "event_id");
    struct db_column kind = db_result_find(result, "kind");
    snprintf(claim->kind, sizeof claim->kind, "%s", kind.text != NULL ? kind.text : "");
    claim->now = event_of(reception, result, now);
    claim->known = event_of(reception, result, known);
    claim->uncertain = integer_of(result, "uncertain") != 0;
    claim->revived = integer_of(result, "revived") != 0;
    claim->organizer = copy_of(reception, result, "organizer");
    claim->organizer_email = copy_of(reception, result, "organizer_email");
}

static void receive_mails(struct reception *reception, struct db_result *result) {
    struct ledger_claim *claim = reception->claim;

    while (claim != NULL && !reception->failed && db_result_next(result)) {
        if (claim->mail_count == reception->capacity) {
            size_t capacity = reception->capacity > 0 ? 2 * reception->capacity : 64;
            struct ledger_mail *mails = realloc(claim->mails, capacity * sizeof *mails);
            if (mails == NULL) {
                reception->failed = true;
                return;
            }
            claim->mails = mails;
            reception->capacity = capacity;
        }
        claim->mails[claim->mail_count++] = (struct ledger_mail){
            .delivery_id = integer_of(result, "delivery_id"),
            .seats = integer_of(result, "seats_booked"),
            .participant = copy_of(reception, result, "participant"),
            .email = copy_of(reception, result, "email"),
            .unsubscribe_token = copy_of(reception, result, "unsubscribe_token"),
        };
    }
}

static void receive_claim(void *receiver, struct db_result *result, unsigned index) {
    if (index == 0)
        receive_heading(receiver, result);
    else
        receive_mails(receiver, result);
}

enum db_status ledger_claim(struct ledger *ledger, long limit, struct ledger_claim **claim) {
    const struct db_value arguments[] = {text(ledger->worker), integer(limit), integer(ledger->lease_seconds)};
    struct reception reception = {0};

    enum db_status status = call_procedure(ledger, &(struct db_call){.procedure = "claim_deliveries",
                                                                     .arguments = arguments,
                                                                     .argument_count = 3,
                                                                     .receive = receive_claim,
                                                                     .receiver = &reception});
    /* Without the ids of its mails a claim cannot be given back; its lease will end. */
    if (status != DB_OK || reception.failed || (reception.claim != NULL && reception.claim->mail_count == 0)) {
        ledger_claim_free(reception.claim);
        reception.claim = NULL;
    }
    *claim = reception.claim;
    return status == DB_OK && reception.failed ? DB_FAILED : status;
}

enum db_status ledger_start_sending(struct ledger *ledger, int64_t claim_id) {
    const struct db_value arguments[] = {integer(claim_id), integer(ledger->lease_seconds)};
    return call_procedure(
        ledger, &(struct db_call){
                    .procedure = "start_sending", .arguments = arguments, .argument_count = 2, .repeatable = true});
}

/* Calls one of the procedures that take a claim, a JSON array of ids, and up to two more values. */
static enum db_status report_on(struct ledger *ledger, struct db_call *call, int64_t claim_id,
                                const struct ledger_mail *mails, size_t count, struct db_value third,
                                struct db_value fourth) {
    struct buffer ids = {0};
    enum db_status status = DB_FAILED;

    for (size_t i = 0; i < count; i++)
        buffer_printf(&ids, "%c%" PRId64, i == 0 ? '[' : ',', mails[i].delivery_id);
    buffer_text(&ids, count == 0 ? "[]" : "]");
    if (!ids.failed) {
        const struct db_value arguments[] = {
            integer(claim_id), {.type = DB_TEXT, .text = {ids.data, ids.length}}, third, fourth};
        call->arguments = arguments;
        status = call_procedure(ledger, call);
    }
    buffer_free(&ids);
    return status;
}

static void receive_completed(void *receiver, struct db_result *result, unsigned index) {
    if (index == 0 && db_result_next(result))
        *(int64_t *)receiver = integer_of(result, "completed");
}

enum db_status ledger_complete(struct ledger *ledger, int64_t claim_id, const struct ledger_mail *mails, size_t count,
                               const char *message_id, int64_t *completed) {
    struct db_call complete = {.procedure = "complete_deliveries",
                               .argument_count = 3,
                               .repeatable = true,
                               .receive = receive_completed,
                               .receiver = completed};
    *completed = 0;
    return report_on(ledger, &complete, claim_id, mails, count, text(message_id), text(NULL));
}

static void receive_failures(void *receiver, struct db_result *result, unsigned index) {
    if (index == 0 && db_result_next(result))
        *(struct ledger_failures *)receiver = (struct ledger_failures){
            .waiting = integer_of(result, "waiting"),
            .dead = integer_of(result, "dead"),
            .unconfirmed = integer_of(result, "unconfirmed"),
        };
}

enum db_status ledger_fail(struct ledger *ledger, int64_t claim_id, const struct ledger_mail *mails, size_t count,
                           const char *outcome, const char *error, struct ledger_failures *failures) {
    /* Repeatable: a mail that was reported on is not in flight any more, so its failure is not counted twice. */
    struct db_call fail = {.procedure = "fail_deliveries",
                           .argument_count = 4,
                           .repeatable = true,
                           .receive = receive_failures,
                           .receiver = failures};
    *failures = (struct ledger_failures){0};
    return report_on(ledger, &fail, claim_id, mails, count, text(outcome), text(error));
}

enum db_status ledger_release(struct ledger *ledger, int64_t claim_id, const struct ledger_mail *mails, size_t count,
                              long seconds) {
    struct db_call release = {.procedure = "release_deliveries", .argument_count = 3, .repeatable = true};
    return report_on(ledger, &release, claim_id, mails, count, integer(seconds), text(NULL));
}

struct preview_reception {
    int64_t *due;
    void (*show)(const struct ledger_preview *preview, void *context);
    void *context;
};

static void receive_preview(void *receiver, struct db_result *result, unsigned index) {
    struct preview_reception *reception = receiver;

    while (db_result_next(result)) {
        if (index == 0) {
            *reception->due = integer_of(result, "due");
            continue;
        }
        reception->show(
            &(struct ledger_preview){
                .kind = db_result_find(result, "kind").text,
                .title = db_result_find(result, "title").text,
                .participant = db_result_find(result, "participant").text,
                .email = db_result_find(result, "email").text,
                .event_date = seconds_of(result, "event_date"),
                .attempts = integer_of(result, "attempts"),
            },
            reception->context);
    }
}

enum db_status ledger_preview(struct ledger *ledger, long limit, int64_t *due,
                              void (*show)(const struct ledger_preview *preview, void *context), void *context) {
    const struct db_value arguments[] = {integer(limit)};
    struct preview_reception reception = {due, show, context};

    *due = 0;
    return call_procedure(ledger, &(struct db_call){.procedure = "preview_deliveries",
                                                    .arguments = arguments,
                                                    .argument_count = 1,
                                                    .receive = receive_preview,
                                                    .receiver = &reception});
}
