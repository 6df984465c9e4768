/* Text in HTML. */
#ifndef EVENTHUB_HTML_OUT_H
#define EVENTHUB_HTML_OUT_H

#include <stddef.h>

#include "db/common/buffer.h"

/* The entity for a character that HTML gives a meaning, between tags or in quotes; NULL for any other character. */
const char *html_out_entity(char c);

/* Appends the UTF-8 text, escaped for a place between tags or a value in quotes. */
void html_out_text(struct buffer *out, const char *text, size_t length);

#endif
