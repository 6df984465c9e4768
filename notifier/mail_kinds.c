/* The kinds of mail as the notifier knows them: what each says. Their rules are in the database (view delivery_kinds).
 */
#include "notifier/mail_kinds.h"

#include <string.h>

const struct mail_kind mail_kinds[] = {
    {
        .name = "reminder",
        .opening = {"Reminder: ", "This is a reminder of an event that starts soon, for which you have registered:"},
        .is_optional = true,
    },
    {
        .name = "update",
        .opening = {"Changed: ", "An event for which you have registered has changed:"},
        .if_revived = {"Takes place after all: ",
                       "We told you that an event for which you have registered was cancelled. It takes place after "
                       "all:"},
        .if_unchanged = {"How it stands: ",
                         "This is about an event for which you have registered. An earlier mail may have said "
                         "otherwise. It takes place, and this is what holds:"},
        .closing = "Your registration stays as it is.",
    },
    {
        .name = "cancellation",
        .opening = {"Cancelled: ", "An event for which you had registered has been cancelled. It will not take place:"},
        .closing = "There is nothing that you need to do.",
        .closing_uncertain =
            "An earlier mail may have named another title, date, venue or speaker: it is the same event.",
        .is_off = true,
    },
    {0},
};

const struct mail_kind *mail_kinds_find(const char *name) {
    for (const struct mail_kind *kind = mail_kinds; kind->name != NULL; kind++) {
        if (strcmp(kind->name, name) == 0)
            return kind;
    }
    return NULL;
}
