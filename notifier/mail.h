/* The text of a mail: subject, plain text and HTML, with everything that came from a user escaped for where it stands.
 */
#ifndef EVENTHUB_MAIL_H
#define EVENTHUB_MAIL_H

#include "../db/common/buffer.h"
#include "ledger.h"

/* What stands in the text where each recipient has something of their own. Nobody who writes a title knows the tags,
 * which are random, so nothing but the notifier can use them. */
struct mail_tags {
    char name_text[32];
    char name_html[32];
    char seats[32];
};

/* False if the machine has no random numbers. */
bool mail_tags_make(struct mail_tags *tags);

struct mail {
    struct buffer subject; /* one line */
    struct buffer text;
    struct buffer html;
};

/* Writes what all mails of the claim share. `sender` is the signature, `zone` is TZ. */
void mail_compose(struct mail *mail, const struct ledger_claim *claim, const struct mail_tags *tags, const char *sender,
                  const char *zone);
void mail_free(struct mail *mail);

/* A user's text as part of a line: control characters and line ends, Unicode's included, become blanks, so that it can
 * begin neither a header nor a line. */
void mail_line(struct buffer *out, const char *text, size_t length);

/* The same for HTML, in an element or a quoted attribute. */
void mail_html(struct buffer *out, const char *text, size_t length);

/* "1 seat", "2 seats". */
void mail_seats(struct buffer *out, int64_t seats);

#endif
