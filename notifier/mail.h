/* The text of a mail: subject, plain text and HTML, with everything that came from a user escaped for where it stands.
 */
#ifndef EVENTHUB_MAIL_H
#define EVENTHUB_MAIL_H

#include "db/common/buffer.h"
#include "notifier/ledger.h"

/* What stands in the text where each recipient has something of their own. Nobody who writes a title knows the tags,
 * which are random, so nothing but the notifier can use them. */
struct mail_tags {
    char greeting[32];
    char name_html[32];
    char seats[32];
    char token[32];
};

/* False if the machine has no random numbers. */
bool mail_tags_make(struct mail_tags *tags);

struct mail {
    struct buffer subject; /* one line */
    struct buffer text;    /* of lines of 72 characters, unless a word is longer */
    struct buffer html;
    bool has_token; /* the token's tag stands in it */
};

/* Writes what all mails of the claim share. */
void mail_compose(struct mail *mail, const struct ledger_claim *claim, const struct mail_tags *tags,
                  const struct notifier_settings *settings);
void mail_free(struct mail *mail);

/* "Hello Ann,": what the tag of the greeting stands for. */
void mail_greeting(struct buffer *out, const char *name, size_t length);

/* "1 seat", "2 seats". */
void mail_seats(struct buffer *out, int64_t seats);

/* An address of the settings, with `value` where `place` stands in it. */
void mail_link(struct buffer *out, const char *link, const char *place, const char *value);

/* A user's text as part of a line: control characters and line ends, Unicode's included, become blanks, so that it can
 * begin neither a header nor a line. */
void mail_line(struct buffer *out, const char *text, size_t length);

/* The same for HTML, in an element or a quoted attribute. */
void mail_html(struct buffer *out, const char *text, size_t length);

/* The same for an element of HTML, with http:// and https:// addresses in it made links. */
void mail_html_linked(struct buffer *out, const char *text, size_t length);

#endif
