/* The text of a mail: subject, plain text and HTML, with everything that came from a user escaped for where it stands.
 */
#include "mail.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "../db/common/html_out.h"
#include "moment.h"

bool mail_tags_make(struct mail_tags *tags) {
    uint64_t number;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        return false;
    snprintf(tags->name_text, sizeof tags->name_text, "%%name-%016" PRIx64 "%%", number);
    snprintf(tags->name_html, sizeof tags->name_html, "%%html-%016" PRIx64 "%%", number);
    snprintf(tags->seats, sizeof tags->seats, "%%seat-%016" PRIx64 "%%", number);
    return true;
}

/* How many bytes at `at` are a control character or a line end: C0 and DEL, C1 (U+0080 to U+009F, which has NEL), and
 * U+2028 and U+2029. 0 if none. */
static size_t control_length(const char *at, size_t left) {
    const unsigned char *c = (const unsigned char *)at;
    if (c[0] < 0x20 || c[0] == 0x7f)
        return 1;
    if (left >= 2 && c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f)
        return 2;
    return left >= 3 && c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0xa8 || c[2] == 0xa9) ? 3 : 0;
}

static void append_line(struct buffer *out, const char *text, size_t length, bool html) {
    for (size_t i = 0; i < length;) {
        size_t control = control_length(text + i, length - i);
        const char *escaped = html ? html_out_entity(text[i]) : NULL;
        if (control > 0)
            buffer_append(out, " ", 1);
        else if (escaped != NULL)
            buffer_text(out, escaped);
        else
            buffer_append(out, text + i, 1);
        i += control > 0 ? control : 1;
    }
}

void mail_line(struct buffer *out, const char *text, size_t length) {
    append_line(out, text, length, false);
}

void mail_html(struct buffer *out, const char *text, size_t length) {
    append_line(out, text, length, true);
}

void mail_seats(struct buffer *out, int64_t seats) {
    buffer_printf(out, "%" PRId64 " seat%s", seats, seats == 1 ? "" : "s");
}

/* What differs from kind to kind. */
struct wording {
    const char *kind;
    const char *subject;
    const char *before_seats;
    const char *after_seats;
    const char *closing;
};

static const struct wording wordings[] = {
    {"reminder", "Reminder: ", "this is a reminder of an event that starts soon, for which you have booked ", ":",
     "If you cannot come, please cancel your registration, so that somebody else can take your place."},
    {"update", "Changed: ", "an event for which you have booked ", " has changed. This is how it is now:",
     "Your registration stays as it is. If you cannot come, please cancel it, so that somebody else can take your "
     "place."},
    {"cancellation", "Cancelled: ", "an event for which you had booked ",
     " has been cancelled. It will not take place:", "There is nothing that you need to do."},
};

static const struct wording *wording_of(const char *kind) {
    for (size_t i = 0; i < sizeof wordings / sizeof wordings[0]; i++) {
        if (strcmp(wordings[i].kind, kind) == 0)
            return &wordings[i];
    }
    return NULL;
}

/* A line of the event's details, with what it was before where that is another thing. */
static void add_detail(struct mail *mail, const char *label, const struct ledger_text *now,
                       const struct ledger_text *before) {
    bool changed =
        before != NULL && (before->length != now->length || memcmp(before->bytes, now->bytes, now->length) != 0);

    buffer_printf(&mail->text, "  %s: ", label);
    mail_line(&mail->text, now->bytes, now->length);
    buffer_printf(&mail->html, "<tr><td style=\"padding: 2px 12px 2px 0; vertical-align: top\">%s</td><td><bdi>",
                  label);
    mail_html(&mail->html, now->bytes, now->length);
    buffer_text(&mail->html, "</bdi>");
    if (changed) {
        buffer_text(&mail->text, "\r\n      (before: ");
        mail_line(&mail->text, before->bytes, before->length);
        buffer_text(&mail->text, ")");
        buffer_text(&mail->html, "<br><small>before: <bdi>");
        mail_html(&mail->html, before->bytes, before->length);
        buffer_text(&mail->html, "</bdi></small>");
    }
    buffer_text(&mail->text, "\r\n");
    buffer_text(&mail->html, "</td></tr>\n");
}

static void add_date(struct mail *mail, const struct ledger_claim *claim, const char *zone) {
    struct buffer now = {0}, before = {0};

    moment_write(&now, claim->event_date, zone);
    moment_write(&before, claim->old_event_date, zone);
    const struct ledger_text text = {now.data, now.length};
    const struct ledger_text old_text = {before.data, before.length};
    if (now.failed || before.failed)
        mail->text.failed = true;
    else
        add_detail(mail, "When", &text, claim->has_old ? &old_text : NULL);
    buffer_free(&now);
    buffer_free(&before);
}

void mail_compose(struct mail *mail, const struct ledger_claim *claim, const struct mail_tags *tags, const char *sender,
                  const char *zone) {
    const struct wording *wording = wording_of(claim->kind);

    *mail = (struct mail){0};
    if (wording == NULL) {
        mail->text.failed = true;
        return;
    }
    /* The title comes last, so that a change of direction in it has nothing left to turn around. */
    buffer_text(&mail->subject, wording->subject);
    mail_line(&mail->subject, claim->title.bytes, claim->title.length);

    buffer_printf(&mail->text, "Hello %s,\r\n\r\n", tags->name_text);
    buffer_printf(&mail->text, "%s%s%s\r\n\r\n  ", wording->before_seats, tags->seats, wording->after_seats);
    mail_line(&mail->text, claim->title.bytes, claim->title.length);
    buffer_text(&mail->text, "\r\n\r\n");

    buffer_text(&mail->html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>");
    mail_html(&mail->html, mail->subject.data, mail->subject.length);
    buffer_text(&mail->html, "</title></head>\n<body style=\"font-family: sans-serif; line-height: 1.4\">\n");
    buffer_printf(&mail->html, "<p>Hello <bdi>%s</bdi>,</p>\n<p>", tags->name_html);
    buffer_printf(&mail->html, "%s%s%s</p>\n<h2 style=\"font-size: 1.2em\" dir=\"auto\">", wording->before_seats,
                  tags->seats, wording->after_seats);
    mail_html(&mail->html, claim->title.bytes, claim->title.length);
    buffer_text(&mail->html, "</h2>\n<table style=\"border-collapse: collapse\">\n");

    add_date(mail, claim, zone);
    add_detail(mail, "Where", &claim->venue, claim->has_old ? &claim->old_venue : NULL);
    add_detail(mail, "Speaker", &claim->speaker, claim->has_old ? &claim->old_speaker : NULL);

    buffer_printf(&mail->text, "\r\n%s\r\n\r\n-- \r\n%s\r\n", wording->closing, sender);
    buffer_printf(&mail->html, "</table>\n<p>%s</p>\n<p>", wording->closing);
    mail_html(&mail->html, sender, strlen(sender));
    buffer_text(&mail->html, "</p>\n</body>\n</html>\n");
}

void mail_free(struct mail *mail) {
    buffer_free(&mail->subject);
    buffer_free(&mail->text);
    buffer_free(&mail->html);
}
