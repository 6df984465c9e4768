/* The notifier's settings. */
#ifndef EVENTHUB_NOTIFIER_SETTINGS_H
#define EVENTHUB_NOTIFIER_SETTINGS_H

#include <stdbool.h>

struct notifier_settings {
    char *database_url;
    char *api_key;
    char *from_email;
    char *from_name;
    char *sendgrid_url; /* without a slash at its end */
    char *ca_file;      /* "": the system's */
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

/* Reads .env and the environment. False, having said on standard error what is wrong, if anything is. A name that seems
 * to be misspelt is said, and wrong only where `strict`. */
bool notifier_settings_load(struct notifier_settings *settings, bool strict);
void notifier_settings_free(struct notifier_settings *settings);

/* Prints all settings with their defaults on standard output. */
void notifier_settings_help(void);

#endif
