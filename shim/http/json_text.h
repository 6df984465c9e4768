/* Whether a text is JSON (RFC 8259). Checked here because parsers differ, even from one version to the next. */
#ifndef EVENTHUB_JSON_TEXT_H
#define EVENTHUB_JSON_TEXT_H

#include <stddef.h>

/* How many levels of arrays and objects there may be, the outermost one included. */
enum { JSON_TEXT_LEVELS = 16 };

/* Returns NULL, and in `members` how many members all objects have together; or what is wrong, a static string that
 * begins with a verb. Refused besides malformed text: invalid UTF-8, lone surrogates, NUL characters, integers of more
 * than 64 bits, more than JSON_TEXT_LEVELS levels. Duplicate names are not noticed here. */
const char *json_text_fault(const char *text, size_t length, size_t *members);

#endif
