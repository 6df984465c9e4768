/* The text of a mail: subject, plain text and HTML, with everything that came from a user escaped for where it stands.
 */
#include "notifier/mail.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "db/common/html_out.h"
#include "notifier/moment.h"

enum { COLUMNS = 72 };

/* Before what goes on in the next line, so that nobody's text begins one. */
static const char hanging[] = "      ";

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

/* How many bytes of the text are a web address; 0 if it does not begin with one. Beyond ASCII there are letters that
 * look like others and turn directions around, so an address ends there, and a host that goes on there is no link. Nor
 * is one behind an @: what stands before it looks like the host and is not. */
static size_t link_length(const char *text, size_t length) {
    size_t start = length > 7 && strncasecmp(text, "http://", 7) == 0    ? 7
                   : length > 8 && strncasecmp(text, "https://", 8) == 0 ? 8
                                                                         : 0;
    if (start == 0 || !isalnum((unsigned char)text[start]))
        return 0;
    size_t end = start;
    bool is_path = false, has_user = false;
    int open = 0;
    while (end < length && isgraph((unsigned char)text[end]) && strchr("<>\"`\\^{|}", text[end]) == NULL) {
        open += (text[end] == '(') - (text[end] == ')');
        is_path = is_path || strchr("/?#", text[end]) != NULL;
        has_user = has_user || (!is_path && text[end] == '@');
        end++;
    }
    if (has_user || (end < length && (unsigned char)text[end] >= 0x80 && !is_path))
        return 0;
    /* What ends the sentence, and a parenthesis that was not opened within the address, is no part of it. */
    for (; strchr(".,;:!?')]*_~", text[end - 1]) != NULL && (text[end - 1] != ')' || open < 0); end--)
        open += text[end - 1] == ')';
    return end > start ? end : 0;
}

void mail_html_linked(struct buffer *out, const char *text, size_t length) {
    size_t done = 0;

    for (size_t i = 0; i < length; i++) {
        size_t link = i > 0 && isalnum((unsigned char)text[i - 1]) ? 0 : link_length(text + i, length - i);
        if (link == 0)
            continue;
        mail_html(out, text + done, i - done);
        buffer_text(out, "<a href=\"");
        mail_html(out, text + i, link);
        buffer_text(out, "\">");
        mail_html(out, text + i, link);
        buffer_text(out, "</a>");
        done = i + link;
        i = done - 1;
    }
    mail_html(out, text + done, length - done);
}

static size_t characters(const char *text, size_t length) {
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* Appends a line that begins so and goes on with the text, broken between words. */
static void add_line(struct buffer *out, const char *start, const char *text, size_t length, const char *indent) {
    struct buffer line = {0};
    size_t column = characters(start, strlen(start));
    bool begun = false;

    buffer_text(out, start);
    mail_line(&line, text, length);
    if (line.failed)
        out->failed = true;
    for (size_t at = 0; at < line.length;) {
        size_t blanks = 0, end;
        while (at + blanks < line.length && line.data[at + blanks] == ' ')
            blanks++;
        for (end = at + blanks; end < line.length && line.data[end] != ' ';)
            end++;
        size_t width = characters(line.data + at, end - at);
        if (column + width > COLUMNS && (begun || column > strlen(indent))) {
            /* A line has no blanks at its end; whose they are, those behind a label included, is all the same. */
            while (out->length > 0 && out->data[out->length - 1] == ' ')
                out->length--;
            buffer_printf(out, "\r\n%s", indent);
            column = strlen(indent);
            at += blanks;
            width -= blanks;
        }
        buffer_append(out, line.data + at, end - at);
        column += width;
        begun = true;
        at = end;
    }
    buffer_text(out, "\r\n");
    buffer_free(&line);
}

void mail_greeting(struct buffer *out, const char *name, size_t length) {
    struct buffer line = {0};

    buffer_append(&line, name, length);
    buffer_text(&line, ",");
    if (line.failed)
        out->failed = true;
    else
        add_line(out, "Hello ", line.data, line.length, hanging);
    buffer_free(&line);
    /* The tag stands in a line of its own, which has its end already. */
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

static bool is_blank(char c) {
    return (unsigned char)c <= 0x20 || c == 0x7f;
}

/* A text of a user's without the blanks at its ends, and the control characters, which become blanks. */
static struct ledger_text trimmed(const struct ledger_text *text) {
    struct ledger_text inner = *text;

    while (inner.length > 0 && is_blank(inner.bytes[inner.length - 1]))
        inner.length--;
    while (inner.length > 0 && is_blank(*inner.bytes)) {
        inner.bytes++;
        inner.length--;
    }
    return inner;
}

static bool differs(const struct ledger_text *one, const struct ledger_text *other) {
    const struct ledger_text a = trimmed(one), b = trimmed(other);
    return a.length != b.length || (a.length > 0 && memcmp(a.bytes, b.bytes, a.length) != 0);
}

/* What a reader who knows the one has not been told of the other. */
struct changes {
    bool title;
    bool date; /* by the minute, as mails have it */
    bool venue;
    bool speaker;
};

static struct changes changes_of(const struct ledger_event *known, const struct ledger_event *now) {
    return (struct changes){
        .title = differs(&known->title, &now->title),
        .date = known->date / 60 != now->date / 60,
        .venue = differs(&known->venue, &now->venue),
        .speaker = differs(&known->speaker, &now->speaker),
    };
}

/* A paragraph of ours. */
static void add_paragraph(struct mail *mail, const char *sentence) {
    add_line(&mail->text, "", sentence, strlen(sentence), "");
    buffer_text(&mail->text, "\r\n");
    buffer_text(&mail->html, "<p>");
    mail_html(&mail->html, sentence, strlen(sentence));
    buffer_text(&mail->html, "</p>\n");
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

/* A part of a row, in a line of its own: perhaps a word of ours, and what a user wrote. */
static void add_value(struct mail *mail, const char *start, const char *word, const struct ledger_text *text) {
    const struct ledger_text value = trimmed(text);
    struct buffer line = {0};

    buffer_printf(&line, "%s%s", start, word);
    if (line.failed)
        mail->text.failed = true;
    else
        add_line(&mail->text, line.data, value.bytes, value.length, hanging);
    buffer_free(&line);
    buffer_printf(&mail->html, "%s<bdi>", word);
    mail_html_linked(&mail->html, value.bytes, value.length);
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
    /* In a line of its own, which a change of direction in the text before does not reach. */
    add_value(mail, hanging, "is now ", now);
    end_row(mail);
}

/* A date as a text, to be released with buffer_free. */
static struct ledger_text date_text(struct mail *mail, struct buffer *out, int64_t date, const char *zone) {
    moment_write(out, date, zone);
    if (out->failed)
        mail->text.failed = true;
    return (struct ledger_text){out->data, out->length};
}

static void add_title(struct mail *mail, const struct ledger_text *text, const struct ledger_text *former) {
    const struct ledger_text title = trimmed(text);

    add_line(&mail->text, "  ", title.bytes, title.length, hanging);
    buffer_text(&mail->html, "<h2 style=\"font-size: 1.2em\" dir=\"auto\">");
    mail_html_linked(&mail->html, title.bytes, title.length);
    buffer_text(&mail->html, "</h2>\n");
    if (former != NULL) {
        const struct ledger_text known = trimmed(former);
        struct buffer line = {0};
        buffer_append(&line, known.bytes, known.length);
        buffer_text(&line, ")");
        if (line.failed)
            mail->text.failed = true;
        else
            add_line(&mail->text, "  (formerly ", line.data, line.length, hanging);
        buffer_free(&line);
        buffer_text(&mail->html, "<p>(formerly <bdi>");
        mail_html(&mail->html, known.bytes, known.length);
        buffer_text(&mail->html, "</bdi>)</p>\n");
    }
    buffer_text(&mail->text, "\r\n");
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

/* A web address of ours, alone in a line if there is no room for it. */
static void add_link(struct mail *mail, const char *start, const struct buffer *link, const char *shown) {
    if (link->failed) {
        mail->text.failed = true;
        return;
    }
    add_line(&mail->text, start, link->data, link->length, "  ");
    buffer_text(&mail->html, "<a href=\"");
    mail_html(&mail->html, link->data, link->length);
    buffer_text(&mail->html, "\">");
    mail_html(&mail->html, shown != NULL ? shown : link->data, shown != NULL ? strlen(shown) : link->length);
    buffer_text(&mail->html, "</a>");
}

static void add_facts(struct mail *mail, const struct ledger_claim *claim, const struct ledger_event *event,
                      const struct mail_tags *tags, const struct notifier_settings *settings, bool linked) {
    struct buffer date = {0}, link = {0};
    const struct ledger_text when = date_text(mail, &date, event->date, settings->zone);
    char id[24];

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
    if (linked) {
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

/* Whether each recipient can unsubscribe: the text is the same for all. */
static bool has_tokens(const struct ledger_claim *claim) {
    for (size_t i = 0; i < claim->mail_count; i++) {
        if (claim->mails[i].unsubscribe_token.length == 0)
            return false;
    }
    return claim->mail_count > 0;
}

/* What begins a mail. */
struct opening {
    const char *subject;
    const char *sentence;
};

static const struct opening reminder = {
    "Reminder: ", "This is a reminder of an event that starts soon, for which you have registered:"};
static const struct opening update = {"Changed: ", "An event for which you have registered has changed:"};
static const struct opening statement = {
    "How it stands: ", "This is about an event for which you have registered. An earlier mail may have said otherwise. "
                       "It takes place, and this is what holds:"};
static const struct opening revival = {
    "Takes place after all: ",
    "We told you that an event for which you have registered was cancelled. It takes place after all:"};
static const struct opening cancellation = {
    "Cancelled: ", "An event for which you had registered has been cancelled. It will not take place:"};

/* NULL if the kind is not known. */
static const struct opening *opening_of(const struct ledger_claim *claim, bool something_is_new) {
    if (strcmp(claim->kind, "reminder") == 0)
        return &reminder;
    if (strcmp(claim->kind, "cancellation") == 0)
        return &cancellation;
    if (strcmp(claim->kind, "update") != 0)
        return NULL;
    return claim->revived ? &revival : claim->uncertain && !something_is_new ? &statement : &update;
}

static void begin_html(struct mail *mail, const struct mail_tags *tags) {
    buffer_text(&mail->html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                             "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    mail_html(&mail->html, mail->subject.data, mail->subject.length);
    buffer_printf(&mail->html,
                  "</title>\n</head>\n"
                  "<body style=\"font-family: sans-serif; line-height: 1.4; overflow-wrap: anywhere\">\n"
                  "<p>Hello <bdi>%s</bdi>,</p>\n",
                  tags->name_html);
}

void mail_compose(struct mail *mail, const struct ledger_claim *claim, const struct mail_tags *tags,
                  const struct notifier_settings *settings) {
    const struct changes changes = changes_of(&claim->known, &claim->now);
    bool something_is_new = changes.date || changes.venue || changes.speaker;
    const struct opening *opening = opening_of(claim, something_is_new);
    /* Called off is what the readers know, under the name by which they know it. */
    bool is_cancelled = opening == &cancellation;
    const struct ledger_event *event = is_cancelled ? &claim->known : &claim->now;
    bool is_linked = !is_cancelled && *settings->event_url != '\0';

    *mail = (struct mail){0};
    if (opening == NULL) {
        mail->text.failed = true;
        return;
    }
    /* The title comes last, so that a change of direction in it has nothing left to turn around. */
    const struct ledger_text title = trimmed(&event->title);
    buffer_text(&mail->subject, opening->subject);
    mail_line(&mail->subject, title.bytes, title.length);

    begin_html(mail, tags);
    buffer_printf(&mail->text, "%s\r\n\r\n", tags->greeting);
    add_paragraph(mail, opening->sentence);
    add_title(mail, &event->title, !is_cancelled && changes.title ? &claim->known.title : NULL);
    if (!is_cancelled && something_is_new)
        add_changes(mail, claim, &changes, settings->zone);
    add_facts(mail, claim, event, tags, settings, is_linked);

    if (is_cancelled) {
        if (claim->uncertain)
            add_paragraph(
                mail, "An earlier mail may have named another title, date, venue or speaker: it is the same event.");
        add_paragraph(mail, "There is nothing that you need to do.");
    } else {
        if (opening != &reminder)
            add_paragraph(mail, "Your registration stays as it is.");
        add_paragraph(mail,
                      is_linked
                          ? "If you cannot come, please cancel your registration on the event's page, so that somebody "
                            "else can take your place."
                          : "If you cannot come, please cancel your registration, so that somebody else can take your "
                            "place.");
    }
    if (opening == &reminder && *settings->unsubscribe_url != '\0' && has_tokens(claim))
        add_unsubscribe(mail, tags, settings->unsubscribe_url);

    buffer_text(&mail->text, "-- \r\n");
    add_line(&mail->text, "", settings->from_name, strlen(settings->from_name), "");
    buffer_text(&mail->html, "<p>");
    mail_html(&mail->html, settings->from_name, strlen(settings->from_name));
    buffer_text(&mail->html, "</p>\n</body>\n</html>\n");
}

void mail_free(struct mail *mail) {
    buffer_free(&mail->subject);
    buffer_free(&mail->text);
    buffer_free(&mail->html);
}
