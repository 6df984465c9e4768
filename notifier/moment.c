/* Points in time as people read them, in the deployment's zone. */
#include "notifier/moment.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "db/common/zone.h"

void moment_write(struct buffer *out, int64_t seconds, const char *zone) {
    static const char *const days[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
    static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
    time_t time = (time_t)seconds;
    struct tm local;

    localtime_r(&time, &local);
    buffer_printf(out, "%s, %d %s %d, %02d:%02d", days[local.tm_wday], local.tm_mday, months[local.tm_mon],
                  local.tm_year + 1900, local.tm_hour, local.tm_min);
    if (*zone == ':')
        zone++;
    /* A zone's name has a slash (Europe/Berlin). A POSIX rule may have one, too, but with a comma before it. */
    bool is_named = strchr(zone, '/') != NULL && *zone != '/' && strpbrk(zone, ",<") == NULL;
    /* The C library calls zones without letters by their offset (+03). */
    bool has_letters = isalpha((unsigned char)local.tm_zone[0]) != 0;
    bool is_utc = local.tm_gmtoff == 0 && strcmp(local.tm_zone, "UTC") == 0;
    char offset[ZONE_OFFSET_SIZE];

    zone_write_offset(&local, offset);
    if (has_letters)
        buffer_printf(out, " %s", local.tm_zone);
    else
        buffer_printf(out, " UTC%s", offset);
    if (is_named)
        buffer_printf(out, " (%s)", zone);
    else if (has_letters && !is_utc)
        buffer_printf(out, " (UTC%s)", offset);
}
