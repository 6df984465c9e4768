/* E-mail addresses as SendGrid takes them: in ASCII. */
#include "notifier/address.h"

#include <ctype.h>
#include <idn2.h>
#include <stdbool.h>
#include <string.h>

static bool is_ascii(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] >= 0x80)
            return false;
    }
    return true;
}

/* Whether these are labels of letters, digits and hyphens. IDNA's mapping may leave a label empty, or make an @ of the
 * fullwidth one. */
static bool is_host(const char *domain) {
    for (const char *at = domain; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && *at != '-' && (*at != '.' || at == domain || at[1] == '.' || at[1] == '\0'))
            return false;
    }
    return *domain != '\0';
}

const char *address_write(struct buffer *out, const char *email, size_t length) {
    const char *at = memrchr(email, '@', length);
    char domain[1024];
    char *ascii = NULL;

    if (at == NULL)
        return "the address has no @";
    if (!is_ascii(email, (size_t)(at - email)))
        return "what stands before the @ of the address is not ASCII, which SendGrid does not take";
    at++;
    size_t domain_length = length - (size_t)(at - email);
    if (is_ascii(at, domain_length)) {
        buffer_append(out, email, length);
        return NULL;
    }
    if (domain_length >= sizeof domain || memchr(at, '\0', domain_length) != NULL)
        return "the address's domain is too long";
    memcpy(domain, at, domain_length);
    domain[domain_length] = '\0';
    bool good = idn2_to_ascii_8z(domain, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK && is_host(ascii);
    if (good) {
        buffer_append(out, email, length - domain_length);
        buffer_text(out, ascii);
    }
    idn2_free(ascii);
    return good ? NULL : "the address's domain cannot be written in ASCII (IDNA2008)";
}
