/* Bearer tokens: JSON Web Tokens (RFC 7519) signed with HS256, by libjwt. */
#ifndef EVENTHUB_TOKEN_H
#define EVENTHUB_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "db/common/buffer.h"
#include "shim/api/route.h"

struct token_key {
    const char *secret;
    long lifetime_seconds;
};

struct token_claims {
    int64_t user_id; /* "sub", in decimal digits */
    enum role role;  /* "role" */
};

/* Appends the JSON that answers a log-in (RFC 6749, section 5.1): a token as token_sign makes it, its type, its
 * lifetime in seconds, and the role. False if memory is out. */
bool token_write(struct buffer *json, const struct token_key *key, const struct token_claims *claims, int64_t now);

/* Returns a token that is valid from `now` (seconds since 1970) for the key's lifetime, to be released with free();
 * NULL when memory is out. */
char *token_sign(const struct token_key *key, const struct token_claims *claims, int64_t now);

/* Whether `token` is valid; fills `claims` if so. It has at most 4 KiB, the algorithm HS256 and no other, and the right
 * signature; "exp" is a whole number and not past; "nbf", if there is one, is a whole number and not to come (both with
 * 30 s of skew); "sub" is a user's id and "role" a role. */
bool token_verify(const struct token_key *key, const char *token, int64_t now, struct token_claims *claims);

#endif
