/* Points in time as people read them, in the deployment's zone. */
#ifndef EVENTHUB_MOMENT_H
#define EVENTHUB_MOMENT_H

#include <stdint.h>

#include "../db/common/buffer.h"

/* Appends a text such as "Tuesday, 24 November 2026, 18:00 CET (Europe/Berlin, UTC+01:00)"; in UTC it ends with
 * "18:00 UTC". Seconds are left out where they are zero. `zone` is TZ, by which tzset(3) has gone. */
void moment_write(struct buffer *out, int64_t seconds, const char *zone);

#endif
