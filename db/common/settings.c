/* Settings of a program: a table of names, read from the environment and a .env file. */
#include "db/common/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *trim(char *text) {
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return text;
}

/* Cuts the value out of a line, in place: what is between quotes, or else everything up to a comment. Returns NULL if a
 * quote is left open, or something other than a comment follows it. */
static char *unquote(char *value) {
    char quote = *value;
    if (quote == '"' || quote == '\'') {
        char *end = strchr(value + 1, quote);
        if (end == NULL)
            return NULL;
        *end = '\0';
        char *rest = trim(end + 1);
        return *rest == '\0' || *rest == '#' ? value + 1 : NULL;
    }
    for (char *at = value; *at != '\0'; at++) {
        if (*at == '#' && (at == value || isspace((unsigned char)at[-1]))) {
            *at = '\0';
            break;
        }
    }
    return trim(value);
}

static bool read_line(char *line) {
    line = trim(line);
    if (*line == '\0' || *line == '#')
        return true;
    if (strncmp(line, "export ", 7) == 0)
        line = trim(line + 7);
    char *equals = strchr(line, '=');
    if (equals == NULL)
        return false;
    *equals = '\0';
    const char *name = trim(line);
    size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    const char *value = unquote(trim(equals + 1));
    if (length == 0 || name[length] != '\0' || value == NULL)
        return false;
    return setenv(name, value, 0) == 0;
}

bool settings_read_file(const char *path) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        if (errno == ENOENT)
            return true;
        fprintf(stderr, "%s cannot be read: %s. Mend its permissions or remove it.\n", path, strerror(errno));
        return false;
    }
    char *line = NULL;
    size_t size = 0;
    bool good = true;
    for (int number = 1; getline(&line, &size, file) >= 0; number++) {
        if (!read_line(line)) {
            fprintf(stderr, "%s, line %d is not NAME=value: write one setting a line.\n", path, number);
            good = false;
        }
    }
    if (ferror(file)) {
        fprintf(stderr, "%s cannot be read: %s. Mend its permissions or remove it.\n", path, strerror(errno));
        good = false;
    }
    free(line);
    (void)fclose(file); /* it was only read */
    return good;
}

static void complain(const struct setting *setting, const char *value, const char *fault) {
    if (value == NULL)
        fprintf(stderr, "%s is not set. %s\n", setting->name, setting->remedy);
    else if (setting->secret)
        fprintf(stderr, "%s %s. %s\n", setting->name, fault, setting->remedy);
    else
        fprintf(stderr, "%s is \"%s\", which %s. %s\n", setting->name, value, fault, setting->remedy);
}

static char **text_at(const struct setting *setting, void *target) {
    return (char **)(void *)((char *)target + setting->offset);
}

static long *number_at(const struct setting *setting, void *target) {
    return (long *)(void *)((char *)target + setting->offset);
}

static bool load_number(const struct setting *setting, const char *value, void *target) {
    char *end;
    char fault[96];

    errno = 0;
    long number = strtol(value, &end, 10);
    if (*value == '\0' || *end != '\0' || errno != 0 || number < setting->minimum || number > setting->maximum) {
        snprintf(fault, sizeof fault, "is not a number from %ld to %ld", setting->minimum, setting->maximum);
        complain(setting, value, fault);
        return false;
    }
    *number_at(setting, target) = number;
    return true;
}

static bool load(const struct setting *setting, void *target) {
    const char *value = getenv(setting->name);
    /* An empty value counts as not set: it is what `NAME=` in a .env file or a unit file gives. */
    if (value == NULL || *value == '\0')
        value = setting->fallback;
    if (value == NULL) {
        complain(setting, NULL, NULL);
        return false;
    }
    if (setting->type == SETTING_NUMBER)
        return load_number(setting, value, target);
    const char *fault = setting->fault != NULL ? setting->fault(value) : NULL;
    if (fault != NULL) {
        complain(setting, value, fault);
        return false;
    }
    char *copy = strdup(value);
    if (copy == NULL)
        complain(setting, value, "cannot be kept: there is no memory");
    *text_at(setting, target) = copy;
    return copy != NULL;
}

bool settings_load(const struct setting *table, size_t count, void *target) {
    bool good = true;
    for (size_t i = 0; i < count; i++)
        good = load(&table[i], target) && good;
    return good;
}

void settings_free(const struct setting *table, size_t count, void *target) {
    for (size_t i = 0; i < count; i++) {
        if (table[i].type == SETTING_TEXT) {
            free(*text_at(&table[i], target));
            *text_at(&table[i], target) = NULL;
        }
    }
}

void settings_help(const struct setting *table, size_t count) {
    for (size_t i = 0; i < count; i++) {
        printf("  %s (%s%s)\n      %s\n", table[i].name, table[i].fallback ? "default " : "required",
               table[i].fallback ? (*table[i].fallback ? table[i].fallback : "none") : "", table[i].help);
    }
}
