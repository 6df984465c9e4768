/* The names of both programs' settings, and how to tell a misspelt one. */
#include "db/common/setting_names.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "db/common/spelling.h"

/* One .env may serve both programs, so each has to know the other's names too. The Makefile takes all of them from the
 * tables in shim/settings.c and notifier/settings.c. */
static const char *const names[] = {EVENTHUB_SETTINGS};

enum {
    SHORT = 5, /* up to this length, a name with a letter more or less is taken for another word: HOSTS, POST */
    LONG = 12, /* from this length on, two letters may be wrong; in shorter ones that would take in JOB_TIMEOUT */
};

/* Whether `name` is a setting's with something added, such as DATABASE_URL_OLD, DATABASE_URL2 or TEST_DATABASE_URL:
 * whoever wrote it means something of their own. */
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
