/* The notifier's settings. */
#ifndef EVENTHUB_NOTIFIER_SETTINGS_H
#define EVENTHUB_NOTIFIER_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

struct notifier_settings {
    char *database_url;
    char *api_key;
    char *from_email;
    char *from_name;
    char *reply_to;        /* an address, "organizer", or "" */
    char *event_url;       /* has {event_id} in it; "": none */
    char *unsubscribe_url; /* has {token} in it; "": none */
    char *categories;      /* separated by commas; "": none */
    char *sendgrid_url;    /* without a slash at its end */
    char *ca_file;         /* "": the system's */
    long sandbox;
    long requests;
    long mails_per_request;
    long connect_seconds;
    long request_seconds;
    long lease_seconds;
    long db_connect_seconds;
    long db_seconds;
    char *zone;
};

/* Placeholders in these addresses. */
#define EVENT_PLACE "{event_id}"
#define TOKEN_PLACE "{token}"

enum { MAX_CATEGORIES = 10, MAX_CATEGORY_BYTES = 255 };

/* The next item of a list whose items are separated by commas, without the blanks around it; moves `*rest` behind it.
 * NULL at the end. */
const char *notifier_settings_next(const char **rest, size_t *length);

/* Reads .env and the environment into `settings`, to be released with notifier_settings_free. Returns false, with
 * nothing to release, after naming on standard error everything that is wrong. A name that seems to be misspelt is
 * named too, but is an error only where `strict`. */
bool notifier_settings_load(struct notifier_settings *settings, bool strict);
void notifier_settings_free(struct notifier_settings *settings);

/* Prints all settings with their defaults on standard output. */
void notifier_settings_help(void);

#endif
