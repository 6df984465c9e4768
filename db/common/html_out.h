/* Text in HTML. */
#ifndef EVENTHUB_HTML_OUT_H
#define EVENTHUB_HTML_OUT_H

#include <stddef.h>

#include "db/common/buffer.h"

/* What stands in HTML for a character that means something there, be it between tags or in quotes; NULL for others. */
const char *html_out_entity(char c);

/* Appends the UTF-8 text as what is between tags, or a value in quotes. */
void html_out_text(struct buffer *out, const char *text, size_t length);

#endif
