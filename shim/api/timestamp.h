/* Points in time as clients write them: RFC 3339, in the deployment's zone. */
#ifndef EVENTHUB_TIMESTAMP_H
#define EVENTHUB_TIMESTAMP_H

#include <stddef.h>
#include <stdint.h>

enum { TIMESTAMP_SIZE = 32 }; /* enough for YYYY-MM-DDTHH:MM:SS+hh:mm and a NUL */

/* Reads YYYY-MM-DD[(T| )HH:MM[:SS[.fraction]][Z|(+|-)hh[:]mm]] into seconds since 1970-01-01T00:00:00Z, years 1970 to
 * 9999. Without an offset it is local time (TZ); without a time, midnight; a fraction is cut off. A blank in the place
 * of the offset's sign counts as a plus, which a query string turns into a blank. Returns NULL, or what is wrong ("must
 * be ..."): this includes days that do not exist, and local times that the clocks skip when they are put forward. */
const char *timestamp_parse(const char *text, size_t length, int64_t *seconds);

/* Reads the same as one end of a range to search. A time outside of SQL's years 1000 to 9999 becomes their first or
 * last second. A local time that the clocks skip is read by the clock before the change. */
const char *timestamp_parse_bound(const char *text, size_t length, int64_t *seconds);

/* Writes YYYY-MM-DDTHH:MM:SS+hh:mm in local time; returns its length. */
size_t timestamp_format(int64_t seconds, char text[TIMESTAMP_SIZE]);

#endif
