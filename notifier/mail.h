/* Writes a mail: subject, plain text and HTML, in which everything that users wrote is escaped. */
#ifndef EVENTHUB_MAIL_H
#define EVENTHUB_MAIL_H

#include "db/common/buffer.h"
#include "notifier/ledger.h"
#include "notifier/mail_kinds.h"
#include "notifier/settings.h"

/* Placeholders for what differs between the recipients of a text; SendGrid substitutes them. They are random, so that
 * nobody can write one into a title. */
struct mail_tags {
    char greeting[32];
    char name_html[32];
    char seats[32];
    char token[32];
};

/* False, with errno set, if the machine has no random numbers. */
bool mail_tags_make(struct mail_tags *tags);

struct mail {
    const struct mail_kind *kind;
    struct buffer subject; /* one line */
    struct buffer text;    /* of lines of 72 characters, unless a word is longer */
    struct buffer html;
    bool has_token; /* the token's tag stands in it */
};

/* Writes what all mails of the claim share. `kind` is the claim's. */
void mail_compose(struct mail *mail, const struct mail_kind *kind, const struct ledger_claim *claim,
                  const struct mail_tags *tags, const struct notifier_settings *settings);
void mail_free(struct mail *mail);

/* "Hello Ann,": what takes the place of the tag `greeting`. */
void mail_greeting(struct buffer *out, const char *name, size_t length);

/* "1 seat", "2 seats". */
void mail_seats(struct buffer *out, int64_t seats);

/* A web address of the settings, with `value` in the place of `place`. */
void mail_link(struct buffer *out, const char *link, const char *place, const char *value);

#endif
