/* The deployment's time zone, TZ. */
#ifndef EVENTHUB_ZONE_H
#define EVENTHUB_ZONE_H

/* What is wrong with `value` as a time zone, as a static string that begins with a verb, or NULL. The C library takes a
 * zone that it does not know for UTC, without a word. Known are the files of the zone database and rules such as
 * CET-1CEST,M3.5.0,M10.5.0/3 (tzset(3)). */
const char *zone_fault(const char *value);

/* Makes it the zone of local times. Without TZ in the environment that would be the machine's. */
void zone_use(const char *value);

#endif
