/* What SendGrid's answer to a request means for its mails. */
#ifndef EVENTHUB_NOTIFIER_ANSWER_H
#define EVENTHUB_NOTIFIER_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a request ended: SendGrid's response, or why there is none. */
struct response {
    long status;         /* HTTP status; 0: none came */
    bool left_whole;     /* the last byte of the request was handed to the network */
    const char *failure; /* why no status came */
    const char *body;    /* may be cut short */
    size_t length;
    const char *message_id; /* X-Message-Id, "" if there is none */
    int64_t reset;          /* X-RateLimit-Reset: Unix time; 0 if there is none */
};

enum answer_verdict {
    ANSWER_SENT,
    ANSWER_LATER,    /* 429: not sent; the limit is lifted in `wait_seconds` */
    ANSWER_NOT_SENT, /* certainly not sent; SendGrid is ill or away */
    ANSWER_UNKNOWN,  /* the request left and no answer came */
    ANSWER_OFFENDER, /* not sent: some recipient is refused, or SendGrid does not say what is */
    ANSWER_TEXT,     /* not sent: the text is refused, which all mails of the request share */
    ANSWER_REPLY_TO, /* not sent: the address for replies is refused */
    ANSWER_STOP,     /* not sent, and nothing will be until somebody does what `remedy` says */
};

enum { ANSWER_OFFENDERS = 32 };

struct answer {
    enum answer_verdict verdict;
    long wait_seconds;
    char error[256];
    const char *remedy;                 /* of ANSWER_STOP: a sentence */
    size_t offenders[ANSWER_OFFENDERS]; /* ANSWER_OFFENDER: the recipients that SendGrid named, in ascending order */
    size_t offender_count;
    bool is_theirs; /* their addresses are refused, and not something else that the request has for each of them */
};

/* Reads the response to a request with `mail_count` mails. `now` is Unix time. In sandbox mode 200 is success, else 202
 * (SendGrid's reference of POST /v3/mail/send). A mail's content must not be able to stop all the others, so only what
 * no content can provoke is ANSWER_STOP. */
void answer_read(struct answer *answer, const struct response *response, size_t mail_count, bool sandbox, int64_t now);

#endif
