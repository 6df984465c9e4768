/* Points in time as people read them, in the deployment's zone. */
#ifndef EVENTHUB_MOMENT_H
#define EVENTHUB_MOMENT_H

#include <stdint.h>

#include "db/common/buffer.h"

/* Appends a text such as "Tuesday, 24 November 2026, 18:00 CET (Europe/Berlin)", without seconds. The zone is given
 * twice, so that an hour which comes twice is never ambiguous: by its letters, or by its offset (UTC-03:00) if it has
 * no letters; and in parentheses by its name, or by the offset if it has no name. UTC stands alone. `zone` is TZ, which
 * tzset(3) has read. */
void moment_write(struct buffer *out, int64_t seconds, const char *zone);

#endif
