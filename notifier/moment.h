/* Points in time as people read them, in the deployment's zone. */
#ifndef EVENTHUB_MOMENT_H
#define EVENTHUB_MOMENT_H

#include <stdint.h>

#include "db/common/buffer.h"

/* Appends a text such as "Tuesday, 24 November 2026, 18:00 CET (Europe/Berlin)". The zone is told by its letters, or by
 * its offset (UTC-03:00) where it has none, and by its name in parentheses, or by the offset where it has none; UTC by
 * itself alone. Both halves of a clock change differ in the letters or the offset. Seconds are left out. `zone` is TZ,
 * by which tzset(3) has gone. */
void moment_write(struct buffer *out, int64_t seconds, const char *zone);

#endif
