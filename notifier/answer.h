/* What SendGrid's answer to a request means for its mails. */
#ifndef EVENTHUB_ANSWER_H
#define EVENTHUB_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What came back for a request, if anything. */
struct reply {
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
    ANSWER_OFFENDER, /* not sent, because of one or some of the recipients */
    ANSWER_TEXT,     /* not sent, because of what all of its mails share */
    ANSWER_STOP,     /* not sent, and nothing else will be: the key, the sender or the address is wrong */
};

enum { ANSWER_OFFENDERS = 32 };

struct answer {
    enum answer_verdict verdict;
    long wait_seconds;
    char error[256];
    size_t offenders[ANSWER_OFFENDERS]; /* ANSWER_OFFENDER: which ones SendGrid named, in ascending order */
    size_t offender_count;
};

/* Reads the reply to a request with `mail_count` mails. `now` is Unix time. In sandbox mode 200 is success, else 202
 * (SendGrid's reference of POST /v3/mail/send). */
void answer_read(struct answer *answer, const struct reply *reply, size_t mail_count, bool sandbox, int64_t now);

#endif
