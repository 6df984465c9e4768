/* The ledger of mails as the notifier sees it: one function per stored procedure. */
#ifndef EVENTHUB_LEDGER_H
#define EVENTHUB_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/client/connection.h"
#include "notifier/settings.h"

struct ledger {
    struct db_url url;
    struct db_server *server;
    struct db_connection *connection;
    char worker[65]; /* who claims: host and process */
    long lease_seconds;

    /* A database that goes away during a run is waited for, because the results of requests have to be recorded. */
    bool was_there;
    int64_t away_since_us; /* 0: the database is there */
    int64_t retry_at_us;
    unsigned failures; /* calls that failed in a row */
};

/* Connects nowhere yet: the first call does that, and logs the versions of server and library if `log_versions`. NULL,
 * or why it cannot be done. */
const char *ledger_open(struct ledger *ledger, const struct notifier_settings *settings, bool log_versions);
void ledger_close(struct ledger *ledger);

/* Whether the database is away and was asked a moment ago; the next attempt is at `retry_at_us`. */
bool ledger_is_away(const struct ledger *ledger);

/* Whether the database is not worth waiting for: it never answered, or has been away for longer than a lease. The time
 * counts from its last answer, or from ledger_be_patient. */
bool ledger_is_lost(const struct ledger *ledger);
void ledger_be_patient(struct ledger *ledger);

/* A text of the database, NUL-terminated. */
struct ledger_text {
    char *bytes;
    size_t length;
};

struct ledger_mail {
    int64_t delivery_id;
    int64_t seats;
    struct ledger_text participant;
    struct ledger_text email;
    struct ledger_text unsubscribe_token; /* letters, digits and "-"; empty if there is none */
};

/* What a mail says of an event. */
struct ledger_event {
    struct ledger_text title;
    struct ledger_text venue;
    struct ledger_text speaker;
    int64_t date; /* seconds since 1970-01-01T00:00:00Z, as all times here */
};

/* Mails that share a text, and what the text is about. */
struct ledger_claim {
    int64_t id;
    int64_t event_id;
    char kind[16]; /* see mail_kinds.h; it may be one that is not known here */
    struct ledger_event now;
    struct ledger_event known; /* what the readers were last told; the same where nothing has changed */
    bool uncertain;            /* an earlier mail may have told them something else than `known` */
    bool revived;              /* the readers were told that the event is cancelled, and it is not any more */
    struct ledger_text organizer;
    struct ledger_text organizer_email;
    struct ledger_mail *mails;
    size_t mail_count;
};

struct ledger_plan {
    int64_t planned;   /* mails put into the ledger */
    int64_t recovered; /* mails of notifiers that died; they are due again */
    int64_t due;       /* mails that can be claimed now */
    bool more;         /* more mails are to be put into the ledger */
    int64_t waiting;   /* mails that failed before and wait for their next try */
};

struct ledger_failures {
    int64_t waiting; /* to be sent again */
    int64_t dead;
    int64_t unconfirmed;
};

struct ledger_preview {
    const char *kind;
    const char *title;
    const char *participant;
    const char *email;
    int64_t event_date;
    int64_t attempts;
};

/* All of them return how the CALL went, and fill their result on DB_OK only. */
enum db_status ledger_plan(struct ledger *ledger, struct ledger_plan *plan);

/* Claims at most `limit` mails. `claim` is NULL if there is none; else it is the caller's, for ledger_claim_free. */
enum db_status ledger_claim(struct ledger *ledger, long limit, struct ledger_claim **claim);
void ledger_claim_free(struct ledger_claim *claim);

/* To be called before each request with mails of the claim. DB_REFUSED: nothing may be sent, because the lease is over,
 * or because the event has changed since the claim, so that the text is not true any more. */
enum db_status ledger_start_sending(struct ledger *ledger, int64_t claim_id);

/* Reports on mails of a claim. `message_id` may be NULL. */
enum db_status ledger_complete(struct ledger *ledger, int64_t claim_id, const struct ledger_mail *mails, size_t count,
                               const char *message_id, int64_t *completed);
enum db_status ledger_fail(struct ledger *ledger, int64_t claim_id, const struct ledger_mail *mails, size_t count,
                           const char *outcome, const char *error, struct ledger_failures *failures);
enum db_status ledger_release(struct ledger *ledger, int64_t claim_id, const struct ledger_mail *mails, size_t count,
                              long seconds);

/* Calls `show` for at most `limit` of the mails that would be sent now; `due` is how many there are. */
enum db_status ledger_preview(struct ledger *ledger, long limit, int64_t *due,
                              void (*show)(const struct ledger_preview *preview, void *context), void *context);

#endif
