/* The body of a request to SendGrid: POST /v3/mail/send. */
#include "request.h"

#include <inttypes.h>

#include "../db/common/json_out.h"

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

static void add_personalization(struct buffer *out, const struct mail_tags *tags, const struct ledger_claim *claim,
                                const struct ledger_mail *mail, struct buffer *scratch) {
    buffer_text(out, "{\"to\":[{\"email\":");
    json_out_string(out, mail->email.bytes, mail->email.length);
    buffer_text(out, "}],\"substitutions\":{");
    mail_line(scratch, mail->participant.bytes, mail->participant.length);
    add_substitution(out, tags->name_text, scratch, ",");
    mail_html(scratch, mail->participant.bytes, mail->participant.length);
    add_substitution(out, tags->name_html, scratch, ",");
    mail_seats(scratch, mail->seats);
    add_substitution(out, tags->seats, scratch, "},");
    buffer_printf(out,
                  "\"custom_args\":{\"eventhub_delivery\":\"%" PRId64 "\",\"eventhub_kind\":\"%s\","
                  "\"eventhub_event\":\"%" PRId64 "\"}}",
                  mail->delivery_id, claim->kind, claim->event_id);
}

void request_write(struct buffer *out, const struct notifier_settings *settings, const struct mail *mail,
                   const struct mail_tags *tags, const struct ledger_claim *claim, const struct ledger_mail *mails,
                   size_t count) {
    struct buffer scratch = {0};

    buffer_text(out, "{\"personalizations\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_text(out, ",");
        add_personalization(out, tags, claim, &mails[i], &scratch);
    }
    buffer_text(out, "],\"from\":{");
    json_out_member(out, "email", settings->from_email);
    json_out_member(out, "name", settings->from_name);
    buffer_text(out, "},\"subject\":");
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
