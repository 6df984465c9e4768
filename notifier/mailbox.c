/* E-mail addresses of settings. */
#include "notifier/mailbox.h"

#include <stdbool.h>
#include <string.h>

/* RFC 5321, sections 4.1.2 (Dot-string, Domain) and 4.5.3.1. */
enum { MAX_ADDRESS = 254, MAX_LOCAL_PART = 64, MAX_LABEL = 63 };

#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static bool is_local_part(const char *text, size_t length) {
    size_t taken = strspn(text, LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~.");

    if (length == 0 || length > MAX_LOCAL_PART || taken != length || text[0] == '.' || text[length - 1] == '.')
        return false;
    const char *dots = strstr(text, "..");
    return dots == NULL || dots > text + length;
}

/* At least two labels, of which the last one is no number. */
static bool is_domain(const char *text) {
    size_t labels = 0, length = 0;
    bool is_number = false;

    for (;; text += length + 1) {
        length = strspn(text, LETTERS DIGITS "-");
        if (length == 0 || length > MAX_LABEL || text[0] == '-' || text[length - 1] == '-')
            return false;
        is_number = strspn(text, DIGITS) == length;
        labels++;
        if (text[length] != '.')
            break;
    }
    return text[length] == '\0' && labels >= 2 && !is_number;
}

const char *mailbox_fault(const char *address) {
    const char *at = strchr(address, '@');

    for (const char *c = address; *c != '\0'; c++) {
        if ((unsigned char)*c >= 0x80)
            return "has letters beyond ASCII before the @, or a domain that cannot be written without them";
    }
    return at != NULL && strlen(address) <= MAX_ADDRESS && is_local_part(address, (size_t)(at - address)) &&
                   is_domain(at + 1)
               ? NULL
               : "is no plain e-mail address";
}
