/* Password hashes that the first implementation made: PBKDF2-HMAC-SHA256 by OpenSSL, in passlib's notation. */
#include "shim/api/legacy_hash.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

enum { COUNTED_CHARACTERS = 72 };

static bool parse_rounds(const char **text, int *rounds) {
    const char *digit = *text;

    if (*digit == '0')
        return false;
    for (*rounds = 0; *digit >= '0' && *digit <= '9' && *rounds <= LEGACY_HASH_MAX_ROUNDS; digit++)
        *rounds = *rounds * 10 + (*digit - '0');
    *text = digit;
    return *rounds >= 1 && *rounds <= LEGACY_HASH_MAX_ROUNDS;
}

/* Decodes `length` characters of that base64; false if they are anything else or do not fit. */
static bool decode(const char *text, size_t length, unsigned char *bytes, size_t size, size_t *decoded) {
    char base64[2 * LEGACY_HASH_MAX_SALT];

    if (length >= sizeof base64)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '+')
            return false;
        base64[i] = text[i] == '.' ? '+' : text[i];
    }
    return sodium_base642bin(bytes, size, base64, length, NULL, decoded, NULL,
                             sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0;
}

bool legacy_hash_parse(struct legacy_hash *hash, const char *text) {
    static const char prefix[] = "$pbkdf2-sha256$";
    size_t checksum_length;

    if (strncmp(text, prefix, strlen(prefix)) != 0)
        return false;
    text += strlen(prefix);
    if (!parse_rounds(&text, &hash->rounds) || *text++ != '$')
        return false;
    const char *end = strchr(text, '$');
    return end != NULL && decode(text, (size_t)(end - text), hash->salt, sizeof hash->salt, &hash->salt_length) &&
           hash->salt_length > 0 &&
           decode(end + 1, strlen(end + 1), hash->checksum, sizeof hash->checksum, &checksum_length) &&
           checksum_length == sizeof hash->checksum;
}

/* How many bytes the first COUNTED_CHARACTERS characters take. */
static size_t counted_length(const char *password, size_t length) {
    size_t characters = 0;

    for (size_t i = 0; i < length; i++) {
        bool begins = ((unsigned char)password[i] & 0xC0) != 0x80;
        if (begins && ++characters > COUNTED_CHARACTERS)
            return i;
    }
    return length;
}

bool legacy_hash_verify(const struct legacy_hash *hash, const char *password, size_t length) {
    unsigned char checksum[LEGACY_HASH_BYTES];
    int counted = (int)counted_length(password, length);

    bool good = PKCS5_PBKDF2_HMAC(password, counted, hash->salt, (int)hash->salt_length, hash->rounds, EVP_sha256(),
                                  sizeof checksum, checksum) == 1 &&
                sodium_memcmp(checksum, hash->checksum, sizeof checksum) == 0;
    sodium_memzero(checksum, sizeof checksum);
    return good;
}
