/* Points in time as people read them, in the deployment's zone. */
#include "moment.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void moment_write(struct buffer *out, int64_t seconds, const char *zone) {
    static const char *const days[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
    static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
    time_t time = (time_t)seconds;
    struct tm local;

    localtime_r(&time, &local);
    buffer_printf(out, "%s, %d %s %d, %02d:%02d", days[local.tm_wday], local.tm_mday, months[local.tm_mon],
                  local.tm_year + 1900, local.tm_hour, local.tm_min);
    if (local.tm_sec != 0)
        buffer_printf(out, ":%02d", local.tm_sec);
    if (*zone == ':')
        zone++;
    /* A name has a slash (Europe/Berlin); so may a rule, but that has a comma before it. */
    bool is_named = strchr(zone, '/') != NULL && *zone != '/' && strpbrk(zone, ",<") == NULL;
    if (local.tm_gmtoff == 0 && strcmp(local.tm_zone, "UTC") == 0 && !is_named) {
        buffer_text(out, " UTC");
        return;
    }
    /* Zones without letters of their own are called by their offset (+03), which the parentheses say anyway. */
    if (isalpha((unsigned char)local.tm_zone[0]))
        buffer_printf(out, " %s", local.tm_zone);
    long minutes = labs(local.tm_gmtoff) / 60;
    buffer_printf(out, " (%s%sUTC%c%02ld:%02ld)", is_named ? zone : "", is_named ? ", " : "",
                  local.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60);
}
