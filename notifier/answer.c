/* What SendGrid's answer to a request means for its mails. */
#include "answer.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAIT_WITHOUT_HEADER = 10, /* seconds, where a 429 does not say until when */
    LONGEST_WAIT = 86400,
};

static const char *text_of(json_object *object, const char *name) {
    json_object *value;
    if (!json_object_object_get_ex(object, name, &value) || !json_object_is_type(value, json_type_string))
        return "";
    return json_object_get_string(value);
}

/* How many of at most `most` bytes do not end within a character of UTF-8. */
static int whole_bytes(const char *text, int most) {
    int length = (int)strnlen(text, (size_t)most + 1);
    if (length <= most)
        return length;
    while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80)
        most--;
    return most;
}

static bool begins_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

static void add_offender(struct answer *answer, size_t index) {
    size_t at = answer->offender_count;
    for (size_t i = 0; i < answer->offender_count; i++) {
        if (answer->offenders[i] == index)
            return;
    }
    if (at == ANSWER_OFFENDERS)
        return;
    while (at > 0 && answer->offenders[at - 1] > index) {
        answer->offenders[at] = answer->offenders[at - 1];
        at--;
    }
    answer->offenders[at] = index;
    answer->offender_count++;
}

/* Whose fault a 400 is, from the field that an error names, such as "personalizations.3.to.0.email". Without a field it
 * can be anybody's. */
static void blame(struct answer *answer, const char *field, size_t mail_count) {
    if (*field == '\0' || strcmp(field, "personalizations") == 0)
        return;
    if (begins_with(field, "personalizations.")) {
        char *end;
        unsigned long index = strtoul(field + strlen("personalizations."), &end, 10);
        if (end != field + strlen("personalizations.") && (*end == '.' || *end == '\0') && index < mail_count)
            add_offender(answer, index);
    } else if (begins_with(field, "subject") || begins_with(field, "content")) {
        answer->verdict = ANSWER_TEXT;
    } else if (answer->verdict != ANSWER_TEXT) {
        answer->verdict = ANSWER_STOP;
    }
}

/* Takes the errors of the body in: {"errors":[{"message","field","help"}]}. */
static void read_errors(struct answer *answer, const struct reply *reply, size_t mail_count) {
    json_tokener *tokener = json_tokener_new();
    if (tokener == NULL)
        return;
    /* What is not UTF-8 could not be recorded in the ledger. */
    json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
    json_object *body = json_tokener_parse_ex(tokener, reply->body, (int)reply->length);
    json_object *errors = NULL;
    if (body != NULL && json_object_is_type(body, json_type_object) &&
        json_object_object_get_ex(body, "errors", &errors) && json_object_is_type(errors, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(errors); i++) {
            json_object *error = json_object_array_get_idx(errors, i);
            const char *field = text_of(error, "field");
            const char *message = text_of(error, "message");
            if (i == 0)
                snprintf(answer->error, sizeof answer->error, "%ld: %.*s%s%.*s%s", reply->status,
                         whole_bytes(message, 160), message, *field ? " (" : "", whole_bytes(field, 60), field,
                         *field ? ")" : "");
            if (answer->verdict != ANSWER_NOT_SENT && reply->status == 400)
                blame(answer, field, mail_count);
        }
    }
    json_object_put(body);
    json_tokener_free(tokener);
}

static enum answer_verdict verdict_of(const struct reply *reply, bool sandbox) {
    switch (reply->status) {
    case 0:
        return reply->left_whole ? ANSWER_UNKNOWN : ANSWER_NOT_SENT;
    case 202:
        return ANSWER_SENT;
    case 200:
        return sandbox ? ANSWER_SENT : ANSWER_STOP;
    case 429:
        return ANSWER_LATER;
    case 400:
    case 413:
        return ANSWER_OFFENDER;
    case 408:
        return ANSWER_NOT_SENT;
    default:
        /* Of the rest, 401 and 403 must not be repeated, and others say that this is not the API at all. */
        return reply->status >= 500 ? ANSWER_NOT_SENT : ANSWER_STOP;
    }
}

void answer_read(struct answer *answer, const struct reply *reply, size_t mail_count, bool sandbox, int64_t now) {
    *answer = (struct answer){.verdict = verdict_of(reply, sandbox)};
    if (reply->status == 0)
        snprintf(answer->error, sizeof answer->error, "no answer: %.*s", whole_bytes(reply->failure, 244),
                 reply->failure);
    else
        snprintf(answer->error, sizeof answer->error, "%ld", reply->status);
    if (answer->verdict == ANSWER_SENT)
        return;
    if (reply->status != 0)
        read_errors(answer, reply, mail_count);
    if (answer->verdict == ANSWER_LATER) {
        int64_t wait = reply->reset > 0 ? reply->reset - now : WAIT_WITHOUT_HEADER;
        answer->wait_seconds = (long)(wait < 1 ? 1 : wait > LONGEST_WAIT ? LONGEST_WAIT : wait);
    }
    /* One mail that is too large is so by itself. */
    if (reply->status == 413 && mail_count == 1)
        add_offender(answer, 0);
    if (answer->verdict != ANSWER_OFFENDER)
        answer->offender_count = 0;
}
