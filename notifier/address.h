/* E-mail addresses as SendGrid takes them: in ASCII. */
#ifndef EVENTHUB_ADDRESS_H
#define EVENTHUB_ADDRESS_H

#include <stddef.h>

#include "db/common/buffer.h"

/* Appends the address with its domain in ASCII (IDNA2008: "müller.de" becomes "xn--mller-kva.de"). NULL, or a static
 * string that says why that cannot be done; then nothing is appended. */
const char *address_write(struct buffer *out, const char *email, size_t length);

#endif
