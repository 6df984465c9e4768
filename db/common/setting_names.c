/* The names of all settings, of both programs, and those that are only meant to be one. */
#include "db/common/setting_names.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "db/common/spelling.h"

/* One .env serves both programs, so each knows the other's. */
static const char *const names[] = {
    "DATABASE_URL",
    "TZ",
    "DB_CONNECT_TIMEOUT",
    "DB_TIMEOUT",
    /* eventhub-shim */
    "SECRET_KEY",
    "ALGORITHM",
    "ACCESS_TOKEN_EXPIRE_MINUTES",
    "HOST",
    "PORT",
    "REUSE_PORT",
    "CORS_ORIGINS",
    "CORS_CREDENTIALS",
    "MAX_CONNECTIONS",
    "REQUEST_TIMEOUT",
    "DB_CONNECTIONS",
    "DB_QUEUE",
    "DB_GROUP_LIMIT",
    "DB_SHARED_READS",
    "PASSWORD_MEMORY_KIB",
    "PASSWORD_PASSES",
    "PASSWORD_THREADS",
    "PASSWORD_QUEUE",
    /* eventhub-notifier */
    "SENDGRID_API_KEY",
    "FROM_EMAIL",
    "FROM_NAME",
    "REPLY_TO",
    "EVENT_URL",
    "UNSUBSCRIBE_URL",
    "MAIL_CATEGORIES",
    "SENDGRID_URL",
    "SENDGRID_CA_FILE",
    "SENDGRID_SANDBOX",
    "SENDGRID_REQUESTS",
    "MAILS_PER_REQUEST",
    "SENDGRID_CONNECT_TIMEOUT",
    "SENDGRID_TIMEOUT",
    "LEASE_SECONDS",
};

enum {
    SHORT = 5, /* up to here a letter more or less is another word: HOSTS, POST */
    LONG = 12, /* from here on two letters may be wrong: DB_TIMEOUT is two from JOB_TIMEOUT */
};

/* As DATABASE_URL_OLD, DATABASE_URL2 and TEST_DATABASE_URL are: names of something else that is like it. */
static bool is_derived(const char *name, const char *setting) {
    size_t length = strlen(name), part = strlen(setting);
    if (length <= part)
        return false;
    bool before = strncmp(name, setting, part) == 0 && (name[part] == '_' || isdigit((unsigned char)name[part]));
    bool after = strcmp(name + length - part, setting) == 0 && name[length - part - 1] == '_';
    return before || after;
}

static bool is_meant(const char *name, const char *setting) {
    size_t length = strlen(setting);

    if (strcasecmp(name, setting) == 0)
        return true;
    if (is_derived(name, setting))
        return false;
    size_t wrong = spelling_distance(name, setting);
    if (length <= SHORT)
        return wrong == 1 && strlen(name) == length && strspn(name, setting) == length;
    return wrong <= (length >= LONG ? 2 : 1);
}

const char *setting_meant(const char *name) {
    const char *meant = NULL;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0)
            return NULL;
        if (meant == NULL && is_meant(name, names[i]))
            meant = names[i];
    }
    return meant;
}

bool setting_names_check(void) {
    bool good = true;

    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        char name[SPELLING_LONGEST + 1];
        size_t length = strcspn(*entry, "=");
        if (length > SPELLING_LONGEST)
            continue;
        snprintf(name, sizeof name, "%.*s", (int)length, *entry);
        const char *meant = setting_meant(name);
        if (meant != NULL) {
            fprintf(stderr, "%s is no setting and has no effect. Write it as %s, or remove it.\n", name, meant);
            good = false;
        }
    }
    return good;
}
