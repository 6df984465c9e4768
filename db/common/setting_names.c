/* The names of all settings, of both programs, and those that are only meant to be one. */
#include "setting_names.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

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
    LONGEST = 40, /* of names that are looked at */
    SHORT = 5,    /* up to here a letter more or less is another word: HOSTS, POST */
    LONG = 12,    /* from here on two letters may be wrong: DB_TIMEOUT is two from JOB_TIMEOUT */
    FAR = LONGEST + 1,
};

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* How many letters are to be put in, left out, changed or exchanged with their neighbour to make one of the other
 * (optimal string alignment). */
static size_t distance(const char *a, const char *b) {
    size_t rows[3][LONGEST + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    size_t length_a = strlen(a), length_b = strlen(b);

    if (length_a > LONGEST || length_b > LONGEST)
        return FAR;
    for (size_t j = 0; j <= length_b; j++)
        last[j] = j;
    for (size_t i = 1; i <= length_a; i++) {
        now[0] = i;
        for (size_t j = 1; j <= length_b; j++) {
            now[j] = least(least(now[j - 1], last[j]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
        size_t *spare = before;
        before = last;
        last = now;
        now = spare;
    }
    return last[length_b];
}

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
    size_t wrong = distance(name, setting);
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
        char name[LONGEST + 1];
        size_t length = strcspn(*entry, "=");
        if (length > LONGEST)
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
