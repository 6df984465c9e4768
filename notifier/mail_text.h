/* Texts that stand in mails: escaped, with web addresses as links, broken into lines. */
#ifndef EVENTHUB_MAIL_TEXT_H
#define EVENTHUB_MAIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "db/common/buffer.h"
#include "notifier/ledger.h"

/* Plain text indents a continuation line by this much, so that no line begins with what a user wrote. */
#define MAIL_TEXT_INDENT "      "

/* The text without the blanks and control characters at its ends. */
struct ledger_text mail_text_trimmed(const struct ledger_text *text);

/* Whether a reader would see two different texts. */
bool mail_text_differs(const struct ledger_text *one, const struct ledger_text *other);

/* Appends a user's text as part of a line. Control characters and line ends, Unicode's included, become blanks, so that
 * the text can begin neither a header nor a line. */
void mail_text_line(struct buffer *out, const char *text, size_t length);

/* The same for HTML, in an element or a quoted attribute. */
void mail_text_html(struct buffer *out, const char *text, size_t length);

/* The same for an element of HTML; http:// and https:// addresses in the text become links. */
void mail_text_linked(struct buffer *out, const char *text, size_t length);

/* Appends `start` and the text to plain text, broken between words into lines of 72 characters. Continuation lines
 * begin with `indent`. */
void mail_text_wrapped(struct buffer *out, const char *start, const char *text, size_t length, const char *indent);

#endif
