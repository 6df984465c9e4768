/* The body of a request to SendGrid: POST /v3/mail/send. */
#include "notifier/request.h"

#include <inttypes.h>
#include <string.h>

#include "db/common/json_out.h"
#include "notifier/address.h"
#include "notifier/mail_text.h"

static void add_string(struct buffer *out, const struct buffer *text) {
    if (text->failed)
        out->failed = true;
    else
        json_out_string(out, text->data != NULL ? text->data : "", text->length);
}

static void add_substitution(struct buffer *out, const char *tag, struct buffer *value, const char *separator) {
    buffer_printf(out, "\"%s\":", tag);
    add_string(out, value);
    buffer_text(out, separator);
    buffer_clear(value);
}

/* RFC 8058: a POST to the address unsubscribes, and the token in it is all that the POST needs. */
static void add_unsubscribe_headers(struct buffer *out, const struct notifier_settings *settings,
                                    const struct ledger_mail *mail, struct buffer *scratch) {
    buffer_text(scratch, "<");
    mail_link(scratch, settings->unsubscribe_url, TOKEN_PLACE, mail->unsubscribe_token.bytes);
    buffer_text(scratch, ">");
    buffer_text(out, "\"headers\":{\"List-Unsubscribe\":");
    add_string(out, scratch);
    buffer_text(out, ",\"List-Unsubscribe-Post\":\"List-Unsubscribe=One-Click\"},");
    buffer_clear(scratch);
}

static void add_personalization(struct buffer *out, const struct notifier_settings *settings,
                                const struct mail_tags *tags, const struct ledger_claim *claim,
                                const struct ledger_mail *mail, const struct mail *text, struct buffer *scratch) {
    bool can_unsubscribe =
        text->kind->is_optional && *settings->unsubscribe_url != '\0' && mail->unsubscribe_token.length > 0;

    buffer_text(out, "{\"to\":[{\"email\":");
    json_out_string(out, mail->email.bytes, mail->email.length);
    buffer_text(out, "}],");
    if (can_unsubscribe)
        add_unsubscribe_headers(out, settings, mail, scratch);
    buffer_text(out, "\"substitutions\":{");
    mail_greeting(scratch, mail->participant.bytes, mail->participant.length);
    add_substitution(out, tags->greeting, scratch, ",");
    mail_text_html(scratch, mail->participant.bytes, mail->participant.length);
    add_substitution(out, tags->name_html, scratch, ",");
    mail_seats(scratch, mail->seats);
    add_substitution(out, tags->seats, scratch, text->has_token ? "," : "},");
    if (text->has_token) {
        buffer_append(scratch, mail->unsubscribe_token.bytes, mail->unsubscribe_token.length);
        add_substitution(out, tags->token, scratch, "},");
    }
    buffer_printf(out,
                  "\"custom_args\":{\"eventhub_delivery\":\"%" PRId64 "\",\"eventhub_kind\":\"%s\","
                  "\"eventhub_event\":\"%" PRId64 "\"}}",
                  mail->delivery_id, text->kind->name, claim->event_id);
}

/* In ASCII if possible; if not, SendGrid says what is wrong with the address. */
static void add_address(struct buffer *out, const char *email, struct buffer *scratch) {
    buffer_text(out, "{\"email\":");
    if (address_write(scratch, email, strlen(email)) != NULL)
        buffer_text(scratch, email);
    add_string(out, scratch);
    buffer_clear(scratch);
}

/* Replies go to the address that is set, or to the event's organizer if SendGrid can take that address. */
static void add_reply_to(struct buffer *out, const struct notifier_settings *settings, const struct ledger_claim *claim,
                         struct buffer *scratch) {
    if (strcmp(settings->reply_to, "organizer") != 0) {
        buffer_text(out, ",\"reply_to\":");
        add_address(out, settings->reply_to, scratch);
        buffer_text(out, "}");
    } else if (address_write(scratch, claim->organizer_email.bytes, claim->organizer_email.length) == NULL) {
        buffer_clear(scratch);
        buffer_text(out, ",\"reply_to\":");
        add_address(out, claim->organizer_email.bytes, scratch);
        buffer_text(out, ",\"name\":");
        mail_text_line(scratch, claim->organizer.bytes, claim->organizer.length);
        add_string(out, scratch);
        buffer_text(out, "}");
    }
    buffer_clear(scratch);
}

static void add_categories(struct buffer *out, const char *list) {
    const char *category, *separator = "";
    size_t length;

    buffer_text(out, ",\"categories\":[");
    while ((category = notifier_settings_next(&list, &length)) != NULL) {
        buffer_text(out, separator);
        json_out_string(out, category, length);
        separator = ",";
    }
    buffer_text(out, "]");
}

void request_write(struct buffer *out, const struct notifier_settings *settings, const struct mail *mail,
                   const struct mail_tags *tags, const struct ledger_claim *claim, const struct ledger_mail *mails,
                   size_t count, bool with_reply_to) {
    struct buffer scratch = {0};

    buffer_text(out, "{\"personalizations\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_text(out, ",");
        add_personalization(out, settings, tags, claim, &mails[i], mail, &scratch);
    }
    buffer_text(out, "],\"from\":");
    add_address(out, settings->from_email, &scratch);
    json_out_member(out, "name", settings->from_name);
    buffer_text(out, "}");
    if (with_reply_to)
        add_reply_to(out, settings, claim, &scratch);
    if (*settings->categories != '\0')
        add_categories(out, settings->categories);
    buffer_text(out, ",\"subject\":");
    add_string(out, &mail->subject);
    buffer_text(out, ",\"content\":[{\"type\":\"text/plain\",\"value\":");
    add_string(out, &mail->text);
    buffer_text(out, "},{\"type\":\"text/html\",\"value\":");
    add_string(out, &mail->html);
    buffer_text(out, "}]");
    if (settings->sandbox)
        buffer_text(out, ",\"mail_settings\":{\"sandbox_mode\":{\"enable\":true}}");
    buffer_text(out, "}");
    if (scratch.failed)
        out->failed = true;
    buffer_free(&scratch);
}
