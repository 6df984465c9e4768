/* JSON, written straight into a buffer. */
#ifndef EVENTHUB_JSON_OUT_H
#define EVENTHUB_JSON_OUT_H

#include <stddef.h>

#include "db/common/buffer.h"

/* Appends the UTF-8 text as a JSON string, quoted and escaped (RFC 8259, section 7). */
void json_out_string(struct buffer *out, const char *text, size_t length);

/* Appends "name":"text" with a comma before it where something precedes it in the object. Both are NUL-terminated. */
void json_out_member(struct buffer *out, const char *name, const char *text);

#endif
