/* The deployment's time zone, TZ. */
#include "zone.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *zone_fault(const char *value) {
    const char *directory = getenv("TZDIR");
    char path[512];

    if (strcmp(value, "UTC") == 0)
        return NULL;
    if (*value == ':')
        value++;
    snprintf(path, sizeof path, "%s%s%s",
             *value == '/' ? ""
             : directory   ? directory
                           : "/usr/share/zoneinfo",
             *value == '/' ? "" : "/", value);
    size_t letters = strcspn(value, "+-,0123456789");
    bool is_rule = (letters >= 3 && value[letters] != '\0' && strchr(value, '/') == NULL) || *value == '<';
    return access(path, R_OK) == 0 || is_rule ? NULL : "is no time zone known to this machine";
}
