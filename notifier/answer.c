/* What SendGrid's answer to a request means for its mails. */
#include "notifier/answer.h"

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

/* The length of the text, cut to at most `most` bytes without splitting a UTF-8 character. */
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

/* Whether a path such as "content.0.value" begins with this part. */
static bool leads(const char *field, const char *part) {
    size_t length = strlen(part);
    return strncmp(field, part, length) == 0 && (field[length] == '.' || field[length] == '\0');
}

static void stop(struct answer *answer, const char *remedy) {
    answer->verdict = ANSWER_STOP;
    answer->remedy = remedy;
}

/* Works out whose fault a refusal is, from the field that an error names, such as "personalizations.3.to.0.email". If
 * several are at fault, the sender counts most, because no mail can go without one; then the text; then a recipient. A
 * field that is not known here says nothing. */
static void blame(struct answer *answer, const char *field, size_t mail_count) {
    if (begins_with(field, "from")) {
        stop(answer, "Set FROM_EMAIL and FROM_NAME to a sender that SendGrid has verified");
    } else if (answer->verdict == ANSWER_STOP) {
        return;
    } else if (leads(field, "subject") || leads(field, "content")) {
        answer->verdict = ANSWER_TEXT;
    } else if (leads(field, "reply_to") && answer->verdict != ANSWER_TEXT) {
        answer->verdict = ANSWER_REPLY_TO;
    } else if (begins_with(field, "personalizations.")) {
        char *end;
        unsigned long index = strtoul(field + strlen("personalizations."), &end, 10);
        if (end != field + strlen("personalizations.") && (*end == '.' || *end == '\0') && index < mail_count) {
            add_offender(answer, index);
            answer->is_theirs = answer->is_theirs || *end == '\0' || leads(end + 1, "to");
        }
    }
}

/* The field of an error. SendGrid's documents also call it `field_name`, and write the text "null" if there is none. */
static const char *field_of(json_object *error) {
    const char *field = text_of(error, "field");
    if (*field == '\0' || strcmp(field, "null") == 0)
        field = text_of(error, "field_name");
    return strcmp(field, "null") == 0 ? "" : field;
}

/* Reads the errors of the body: {"errors":[{"message","field","help"}]}. */
static void read_errors(struct answer *answer, const struct response *response, size_t mail_count) {
    json_tokener *tokener = json_tokener_new();
    if (tokener == NULL)
        return;
    /* The ledger takes UTF-8 only. */
    json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
    json_object *body = json_tokener_parse_ex(tokener, response->body, (int)response->length);
    json_object *errors = NULL;
    /* A request that is too large (413) is so whatever the errors say; any other verdict but this one is settled. */
    bool blames = answer->verdict == ANSWER_OFFENDER && response->status != 413;
    if (body != NULL && json_object_is_type(body, json_type_object) &&
        json_object_object_get_ex(body, "errors", &errors) && json_object_is_type(errors, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(errors); i++) {
            json_object *error = json_object_array_get_idx(errors, i);
            const char *field = field_of(error);
            const char *message = text_of(error, "message");
            if (i == 0)
                snprintf(answer->error, sizeof answer->error, "%ld: %.*s%s%.*s%s", response->status,
                         whole_bytes(message, 160), message, *field ? " (" : "", whole_bytes(field, 60), field,
                         *field ? ")" : "");
            if (blames)
                blame(answer, field, mail_count);
        }
    }
    json_object_put(body);
    json_tokener_free(tokener);
}

static void judge(struct answer *answer, const struct response *response, bool sandbox) {
    switch (response->status) {
    case 0:
        answer->verdict = response->left_whole ? ANSWER_UNKNOWN : ANSWER_NOT_SENT;
        return;
    case 202:
        answer->verdict = ANSWER_SENT;
        return;
    case 408:
        answer->verdict = ANSWER_NOT_SENT;
        return;
    case 429:
        answer->verdict = ANSWER_LATER;
        return;
    case 401:
        stop(answer, "Set SENDGRID_API_KEY to a key of SendGrid's that is valid");
        return;
    case 402:
        stop(answer, "Look at the state of the SendGrid account");
        return;
    case 403:
        stop(answer, "See to it that SENDGRID_API_KEY has the right to send mail and FROM_EMAIL is verified");
        return;
    /* These are about the path, the method, the headers or the connection, which are the same for every mail: whatever
     * answers here is not the API. */
    case 404:
    case 405:
    case 406:
    case 407:
    case 410:
    case 411:
    case 412:
    case 415:
    case 416:
    case 417:
    case 421:
    case 426:
    case 428:
        break;
    default:
        if (response->status >= 500) {
            answer->verdict = ANSWER_NOT_SENT;
            return;
        }
        /* Every other refusal may be about the request's content, so smaller requests will find the fault. */
        if (response->status >= 400) {
            answer->verdict = ANSWER_OFFENDER;
            return;
        }
        if (response->status == 200 && sandbox) {
            answer->verdict = ANSWER_SENT;
            return;
        }
    }
    stop(answer, "Set SENDGRID_URL to the address of SendGrid's API, and look at what is on the way to it");
}

void answer_read(struct answer *answer, const struct response *response, size_t mail_count, bool sandbox, int64_t now) {
    *answer = (struct answer){0};
    judge(answer, response, sandbox);
    if (response->status == 0)
        snprintf(answer->error, sizeof answer->error, "no answer: %.*s", whole_bytes(response->failure, 244),
                 response->failure);
    else
        snprintf(answer->error, sizeof answer->error, "%ld", response->status);
    if (answer->verdict == ANSWER_SENT)
        return;
    if (response->status != 0)
        read_errors(answer, response, mail_count);
    if (answer->verdict == ANSWER_LATER) {
        int64_t wait = response->reset > 0 ? response->reset - now : WAIT_WITHOUT_HEADER;
        answer->wait_seconds = (long)(wait < 1 ? 1 : wait > LONGEST_WAIT ? LONGEST_WAIT : wait);
    }
    /* If a single mail is too large, no split can help. */
    if (response->status == 413 && mail_count == 1) {
        add_offender(answer, 0);
        answer->is_theirs = true;
    }
    if (answer->verdict != ANSWER_OFFENDER)
        answer->offender_count = 0;
}
