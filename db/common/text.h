/* Looks at a text: whether it is UTF-8, how many characters it has, whether it is blank. */
#ifndef EVENTHUB_TEXT_H
#define EVENTHUB_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the bytes are well-formed UTF-8 (RFC 3629: no surrogates, nothing overlong, nothing above U+10FFFF). On true,
 * `characters` is their number and `blank` whether all of them are white space (Unicode's White_Space); a NUL is a
 * character like any other. */
bool text_measure(const char *bytes, size_t length, size_t *characters, bool *blank);

#endif
