/* Writes a mail: subject, plain text and HTML. */
#include "notifier/mail.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "notifier/mail_text.h"
#include "notifier/moment.h"

/* What the readers of a claim have not been told yet. */
struct changes {
    bool title;
    bool date; /* to the minute, as mails give it */
    bool venue;
    bool speaker;
};

static struct changes changes_of(const struct ledger_event *known, const struct ledger_event *now);
static const struct mail_opening *opening_of(const struct mail_kind *kind, const struct ledger_claim *claim,
                                             bool is_news);
static void begin_html(struct mail *mail, const struct mail_tags *tags);
static void add_title(struct mail *mail, const struct ledger_text *text, const struct ledger_text *former);
static void add_changes(struct mail *mail, const struct ledger_claim *claim, const struct changes *changes,
                        const char *zone);
static void add_facts(struct mail *mail, const struct ledger_claim *claim, const struct ledger_event *event,
                      const struct mail_tags *tags, const struct notifier_settings *settings, bool is_linked);
static void add_closing(struct mail *mail, const struct mail_kind *kind, bool is_uncertain, bool is_linked);
static void add_unsubscribe(struct mail *mail, const struct mail_tags *tags, const char *url);
static void add_signature(struct mail *mail, const char *name);
static void add_paragraph(struct mail *mail, const char *sentence);
static bool has_tokens(const struct ledger_claim *claim);

void mail_compose(struct mail *mail, const struct mail_kind *kind, const struct ledger_claim *claim,
                  const struct mail_tags *tags, const struct notifier_settings *settings) {
    const struct changes changes = changes_of(&claim->known, &claim->now);
    bool is_news = changes.date || changes.venue || changes.speaker;
    const struct mail_opening *opening = opening_of(kind, claim, is_news);
    /* The readers must recognise the event that is off, so it has the name and date that they know. */
    const struct ledger_event *event = kind->is_off ? &claim->known : &claim->now;
    bool is_linked = !kind->is_off && *settings->event_url != '\0';

    *mail = (struct mail){.kind = kind};
    /* The title comes last: a change of the direction of writing in it has nothing left to turn around. */
    const struct ledger_text title = mail_text_trimmed(&event->title);
    buffer_text(&mail->subject, opening->subject);
    mail_text_line(&mail->subject, title.bytes, title.length);

    begin_html(mail, tags);
    buffer_printf(&mail->text, "%s\r\n\r\n", tags->greeting);
    add_paragraph(mail, opening->sentence);
    add_title(mail, &event->title, !kind->is_off && changes.title ? &claim->known.title : NULL);
    if (!kind->is_off && is_news)
        add_changes(mail, claim, &changes, settings->zone);
    add_facts(mail, claim, event, tags, settings, is_linked);
    add_closing(mail, kind, claim->uncertain, is_linked);
    if (kind->is_optional && *settings->unsubscribe_url != '\0' && has_tokens(claim))
        add_unsubscribe(mail, tags, settings->unsubscribe_url);
    add_signature(mail, settings->from_name);
}

static struct changes changes_of(const struct ledger_event *known, const struct ledger_event *now) {
    return (struct changes){
        .title = mail_text_differs(&known->title, &now->title),
        .date = known->date / 60 != now->date / 60,
        .venue = mail_text_differs(&known->venue, &now->venue),
        .speaker = mail_text_differs(&known->speaker, &now->speaker),
    };
}

static const struct mail_opening *opening_of(const struct mail_kind *kind, const struct ledger_claim *claim,
                                             bool is_news) {
    if (claim->revived && kind->if_revived.subject != NULL)
        return &kind->if_revived;
    if (claim->uncertain && !is_news && kind->if_unchanged.subject != NULL)
        return &kind->if_unchanged;
    return &kind->opening;
}

static void begin_html(struct mail *mail, const struct mail_tags *tags) {
    buffer_text(&mail->html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                             "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    mail_text_html(&mail->html, mail->subject.data, mail->subject.length);
    buffer_printf(&mail->html,
                  "</title>\n</head>\n"
                  "<body style=\"font-family: sans-serif; line-height: 1.4; overflow-wrap: anywhere\">\n"
                  "<p>Hello <bdi>%s</bdi>,</p>\n",
                  tags->name_html);
}

static void add_title(struct mail *mail, const struct ledger_text *text, const struct ledger_text *former) {
    const struct ledger_text title = mail_text_trimmed(text);

    mail_text_wrapped(&mail->text, "  ", title.bytes, title.length, MAIL_TEXT_INDENT);
    buffer_text(&mail->html, "<h2 style=\"font-size: 1.2em\" dir=\"auto\">");
    mail_text_linked(&mail->html, title.bytes, title.length);
    buffer_text(&mail->html, "</h2>\n");
    if (former != NULL) {
        const struct ledger_text known = mail_text_trimmed(former);
        struct buffer line = {0};
        buffer_append(&line, known.bytes, known.length);
        buffer_text(&line, ")");
        if (line.failed)
            mail->text.failed = true;
        else
            mail_text_wrapped(&mail->text, "  (formerly ", line.data, line.length, MAIL_TEXT_INDENT);
        buffer_free(&line);
        buffer_text(&mail->html, "<p>(formerly <bdi>");
        mail_text_html(&mail->html, known.bytes, known.length);
        buffer_text(&mail->html, "</bdi>)</p>\n");
    }
    buffer_text(&mail->text, "\r\n");
}

static void begin_rows(struct mail *mail) {
    buffer_text(&mail->html, "<table style=\"border-collapse: collapse\">\n");
}

static void end_rows(struct mail *mail) {
    buffer_text(&mail->text, "\r\n");
    buffer_text(&mail->html, "</table>\n");
}

static void begin_row(struct mail *mail, const char *label) {
    buffer_printf(&mail->html,
                  "<tr><th scope=\"row\" style=\"padding: 2px 12px 2px 0; text-align: left; vertical-align: top; "
                  "font-weight: normal; white-space: nowrap\">%s</th><td>",
                  label);
}

static void end_row(struct mail *mail) {
    buffer_text(&mail->html, "</td></tr>\n");
}

/* A part of a row, in a line of its own: what a user wrote, perhaps with a word of ours before it. */
static void add_value(struct mail *mail, const char *start, const char *word, const struct ledger_text *text) {
    const struct ledger_text value = mail_text_trimmed(text);
    struct buffer line = {0};

    buffer_printf(&line, "%s%s", start, word);
    if (line.failed)
        mail->text.failed = true;
    else
        mail_text_wrapped(&mail->text, line.data, value.bytes, value.length, MAIL_TEXT_INDENT);
    buffer_free(&line);
    buffer_printf(&mail->html, "%s<bdi>", word);
    mail_text_linked(&mail->html, value.bytes, value.length);
    buffer_text(&mail->html, "</bdi>");
}

static void add_row(struct mail *mail, const char *label, const struct ledger_text *value) {
    char start[32];

    snprintf(start, sizeof start, "  %s: ", label);
    begin_row(mail, label);
    add_value(mail, start, "", value);
    end_row(mail);
}

static void add_change(struct mail *mail, const char *label, const struct ledger_text *was,
                       const struct ledger_text *now) {
    char start[32];

    snprintf(start, sizeof start, "  %s: ", label);
    begin_row(mail, label);
    add_value(mail, start, "was ", was);
    buffer_text(&mail->html, "<br>");
    /* In a line of its own, so that a change of the direction of writing in the value before does not reach it. */
    add_value(mail, MAIL_TEXT_INDENT, "is now ", now);
    end_row(mail);
}

/* A date as a text, to be released with buffer_free. */
static struct ledger_text date_text(struct mail *mail, struct buffer *out, int64_t date, const char *zone) {
    moment_write(out, date, zone);
    if (out->failed)
        mail->text.failed = true;
    return (struct ledger_text){out->data, out->length};
}

static void add_changes(struct mail *mail, const struct ledger_claim *claim, const struct changes *changes,
                        const char *zone) {
    struct buffer known = {0}, now = {0};
    const struct ledger_text was = date_text(mail, &known, claim->known.date, zone);
    const struct ledger_text is = date_text(mail, &now, claim->now.date, zone);

    add_paragraph(mail, "What is new:");
    begin_rows(mail);
    if (changes->date && !known.failed && !now.failed)
        add_change(mail, "Date", &was, &is);
    if (changes->venue)
        add_change(mail, "Venue", &claim->known.venue, &claim->now.venue);
    if (changes->speaker)
        add_change(mail, "Speaker", &claim->known.speaker, &claim->now.speaker);
    end_rows(mail);
    buffer_free(&known);
    buffer_free(&now);
    add_paragraph(mail, claim->uncertain ? "How it is now, whatever an earlier mail may have said:" : "How it is now:");
}

/* A web address of ours, in a line of its own if there is no room for it behind `start`. */
static void add_link(struct mail *mail, const char *start, const struct buffer *link, const char *shown) {
    if (link->failed) {
        mail->text.failed = true;
        return;
    }
    mail_text_wrapped(&mail->text, start, link->data, link->length, "  ");
    buffer_text(&mail->html, "<a href=\"");
    mail_text_html(&mail->html, link->data, link->length);
    buffer_text(&mail->html, "\">");
    mail_text_html(&mail->html, shown != NULL ? shown : link->data, shown != NULL ? strlen(shown) : link->length);
    buffer_text(&mail->html, "</a>");
}

static void add_facts(struct mail *mail, const struct ledger_claim *claim, const struct ledger_event *event,
                      const struct mail_tags *tags, const struct notifier_settings *settings, bool is_linked) {
    struct buffer date = {0}, link = {0};
    const struct ledger_text when = date_text(mail, &date, event->date, settings->zone);

    begin_rows(mail);
    if (!date.failed)
        add_row(mail, "Date", &when);
    add_row(mail, "Venue", &event->venue);
    add_row(mail, "Speaker", &event->speaker);
    if (claim->organizer.length > 0)
        add_row(mail, "Organizer", &claim->organizer);
    begin_row(mail, "Booked");
    buffer_printf(&mail->text, "  Booked: %s\r\n", tags->seats);
    buffer_printf(&mail->html, "%s", tags->seats);
    end_row(mail);
    if (is_linked) {
        char id[24];
        snprintf(id, sizeof id, "%" PRId64, claim->event_id);
        mail_link(&link, settings->event_url, EVENT_PLACE, id);
        begin_row(mail, "Page");
        add_link(mail, "  Page: ", &link, NULL);
        end_row(mail);
    }
    end_rows(mail);
    buffer_free(&date);
    buffer_free(&link);
}

static void add_closing(struct mail *mail, const struct mail_kind *kind, bool is_uncertain, bool is_linked) {
    if (is_uncertain && kind->closing_uncertain != NULL)
        add_paragraph(mail, kind->closing_uncertain);
    if (kind->closing != NULL)
        add_paragraph(mail, kind->closing);
    if (kind->is_off)
        return;
    add_paragraph(mail, is_linked
                            ? "If you cannot come, please cancel your registration on the event's page, so that "
                              "somebody else can take your place."
                            : "If you cannot come, please cancel your registration, so that somebody else can take "
                              "your place.");
}

/* All recipients get the same text, so it has the link only if each of them has a token. */
static bool has_tokens(const struct ledger_claim *claim) {
    for (size_t i = 0; i < claim->mail_count; i++) {
        if (claim->mails[i].unsubscribe_token.length == 0)
            return false;
    }
    return claim->mail_count > 0;
}

static void add_unsubscribe(struct mail *mail, const struct mail_tags *tags, const char *url) {
    struct buffer link = {0};

    mail_link(&link, url, TOKEN_PLACE, tags->token);
    buffer_text(&mail->html, "<p>");
    add_link(mail, "To get no more reminders: ", &link, "Get no more reminders");
    buffer_text(&mail->text, "\r\n");
    buffer_text(&mail->html, "</p>\n");
    buffer_free(&link);
    mail->has_token = true;
}

static void add_paragraph(struct mail *mail, const char *sentence) {
    mail_text_wrapped(&mail->text, "", sentence, strlen(sentence), "");
    buffer_text(&mail->text, "\r\n");
    buffer_text(&mail->html, "<p>");
    mail_text_html(&mail->html, sentence, strlen(sentence));
    buffer_text(&mail->html, "</p>\n");
}

static void add_signature(struct mail *mail, const char *name) {
    buffer_text(&mail->text, "-- \r\n");
    mail_text_wrapped(&mail->text, "", name, strlen(name), "");
    buffer_text(&mail->html, "<p>");
    mail_text_html(&mail->html, name, strlen(name));
    buffer_text(&mail->html, "</p>\n</body>\n</html>\n");
}

void mail_greeting(struct buffer *out, const char *name, size_t length) {
    struct buffer line = {0};

    buffer_append(&line, name, length);
    buffer_text(&line, ",");
    if (line.failed)
        out->failed = true;
    else
        mail_text_wrapped(out, "Hello ", line.data, line.length, MAIL_TEXT_INDENT);
    buffer_free(&line);
    /* Without the line's end, because the tag stands in a line that has one. */
    if (!out->failed)
        out->length -= 2;
}

void mail_link(struct buffer *out, const char *link, const char *place, const char *value) {
    const char *at = strstr(link, place);
    buffer_printf(out, "%.*s%s%s", (int)(at - link), link, value, at + strlen(place));
}

void mail_seats(struct buffer *out, int64_t seats) {
    buffer_printf(out, "%" PRId64 " seat%s", seats, seats == 1 ? "" : "s");
}

bool mail_tags_make(struct mail_tags *tags) {
    uint64_t number;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        return false;
    snprintf(tags->greeting, sizeof tags->greeting, "%%hello-%016" PRIx64 "%%", number);
    snprintf(tags->name_html, sizeof tags->name_html, "%%name-%016" PRIx64 "%%", number);
    snprintf(tags->seats, sizeof tags->seats, "%%seats-%016" PRIx64 "%%", number);
    snprintf(tags->token, sizeof tags->token, "%%token-%016" PRIx64 "%%", number);
    return true;
}

void mail_free(struct mail *mail) {
    buffer_free(&mail->subject);
    buffer_free(&mail->text);
    buffer_free(&mail->html);
}
