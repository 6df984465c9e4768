/* The kinds of mail as the notifier knows them: what each says. Their rules are in the database (view delivery_kinds).
 */
#ifndef EVENTHUB_MAIL_KINDS_H
#define EVENTHUB_MAIL_KINDS_H

#include <stdbool.h>
#include <stddef.h>

/* How a mail begins. */
struct mail_opening {
    const char *subject; /* the event's title follows */
    const char *sentence;
};

struct mail_kind {
    const char *name; /* as in deliveries.kind */
    struct mail_opening opening;

    /* Instead of `opening`, where they are set: if the readers were told that the event is cancelled, and if nothing
     * has changed from what they know for certain, but an earlier mail may have told them something else. */
    struct mail_opening if_revived;
    struct mail_opening if_unchanged;

    const char *closing;           /* the paragraph behind the facts; NULL: none */
    const char *closing_uncertain; /* another one before it, if an earlier mail may have told something else */
    bool is_optional;              /* readers can turn these mails off: each has a link for it */
    bool is_off;                   /* the event will not take place: it is named as its readers know it */
};

/* All kinds; `name` is NULL behind the last one. */
extern const struct mail_kind mail_kinds[];

/* NULL if the notifier does not know the kind. */
const struct mail_kind *mail_kinds_find(const char *name);

#endif
