/* Password hashes that the first implementation made: PBKDF2-HMAC-SHA256 by OpenSSL, in passlib's notation. */
#ifndef EVENTHUB_LEGACY_HASH_H
#define EVENTHUB_LEGACY_HASH_H

#include <stdbool.h>
#include <stddef.h>

/* With the most rounds that are accepted one hash takes about a second. The first implementation used 29,000. */
enum { LEGACY_HASH_MAX_ROUNDS = 1000000, LEGACY_HASH_MAX_SALT = 64, LEGACY_HASH_BYTES = 32 };

struct legacy_hash {
    int rounds;
    unsigned char salt[LEGACY_HASH_MAX_SALT];
    size_t salt_length;
    unsigned char checksum[LEGACY_HASH_BYTES];
};

/* Parses "$pbkdf2-sha256$<rounds>$<salt>$<checksum>"; salt and checksum are base64 with '.' for '+' and without '='.
 * False if `text` is anything else. */
bool legacy_hash_parse(struct legacy_hash *hash, const char *text);

/* Whether `hash` is the hash of `password`, which is in UTF-8. Only its first 72 characters count, as in the first
 * implementation. */
bool legacy_hash_verify(const struct legacy_hash *hash, const char *password, size_t length);

#endif
