/* The deployment's time zone, TZ. */
#include "db/common/zone.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static bool is_file_of_zone(const char *value) {
    const char *directory = getenv("TZDIR");
    struct stat file;
    char path[512];

    snprintf(path, sizeof path, "%s%s%s",
             *value == '/' ? ""
             : directory   ? directory
                           : "/usr/share/zoneinfo",
             *value == '/' ? "" : "/", value);
    return stat(path, &file) == 0 && S_ISREG(file.st_mode);
}

const char *zone_fault(const char *value) {
    if (strcmp(value, "UTC") == 0)
        return NULL;
    if (*value == ':')
        value++;
    /* A rule begins with letters and an offset; a slash before that makes it a name. */
    size_t letters = strcspn(value, "+-,/0123456789");
    bool is_rule = (letters >= 3 && value[letters] != '\0' && value[letters] != '/') || *value == '<';
    return is_rule || is_file_of_zone(value) ? NULL : "is no time zone known to this machine";
}

void zone_use(const char *value) {
    setenv("TZ", value, 1);
    tzset();
}

static char *write_two_digits(char *to, long number) {
    *to++ = (char)('0' + number / 10 % 10);
    *to++ = (char)('0' + number % 10);
    return to;
}

void zone_write_offset(const struct tm *local, char text[ZONE_OFFSET_SIZE]) {
    long minutes = labs(local->tm_gmtoff) / 60;

    *text++ = local->tm_gmtoff < 0 ? '-' : '+';
    text = write_two_digits(text, minutes / 60);
    *text++ = ':';
    text = write_two_digits(text, minutes % 60);
    *text = '\0';
}
