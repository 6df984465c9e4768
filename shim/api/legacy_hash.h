/* Password hashes that the first implementation made: PBKDF2-HMAC-SHA256 by OpenSSL, in passlib's notation. */
#ifndef EVENTHUB_LEGACY_HASH_H
#define EVENTHUB_LEGACY_HASH_H

#include <stdbool.h>
#include <stddef.h>

/* One hash takes a second then, and the first implementation's have 29,000. */
enum { LEGACY_HASH_MAX_ROUNDS = 1000000, LEGACY_HASH_MAX_SALT = 64, LEGACY_HASH_BYTES = 32 };

struct legacy_hash {
    int rounds;
    unsigned char salt[LEGACY_HASH_MAX_SALT];
    size_t salt_length;
    unsigned char checksum[LEGACY_HASH_BYTES];
};

/* Reads "$pbkdf2-sha256$<rounds>$<salt>$<checksum>", the latter two in base64 with '.' for '+' and without '='. */
bool legacy_hash_parse(struct legacy_hash *hash, const char *text);

/* Whether it is the password's hash. As in the first implementation only the first 72 characters of the password, which
 * is in UTF-8, count. */
bool legacy_hash_verify(const struct legacy_hash *hash, const char *password, size_t length);

#endif
