/* The deployment's time zone, TZ. */
#ifndef EVENTHUB_ZONE_H
#define EVENTHUB_ZONE_H

#include <time.h>

/* What is wrong with `value` as a time zone, as a static string that begins with a verb, or NULL. It has to be checked,
 * because the C library silently takes a zone that it does not know for UTC. Known zones are the files of the zone
 * database, and rules such as CET-1CEST,M3.5.0,M10.5.0/3 (tzset(3)). */
const char *zone_fault(const char *value);

/* Makes `value` the zone of local times. Without TZ in the environment it would be the machine's zone. */
void zone_use(const char *value);

enum { ZONE_OFFSET_SIZE = 8 };

/* Writes how far a local time, as localtime_r(3) fills it, is ahead of UTC: "+02:00". */
void zone_write_offset(const struct tm *local, char text[ZONE_OFFSET_SIZE]);

#endif
