/* What find_credentials says of a user: the stored hash, to check a password against, and who it is. */
#ifndef EVENTHUB_CREDENTIALS_H
#define EVENTHUB_CREDENTIALS_H

#include <sodium.h>

#include "db/client/call.h"
#include "db/client/result.h"
#include "shim/api/token.h"

struct credentials {
    struct token_claims user;
    char hash[crypto_pwhash_STRBYTES]; /* "" where there is no such user; "!" if the stored one is of no known kind */
};

/* Reads the procedure's row, or that there is none. */
void credentials_receive(struct credentials *credentials, struct db_result *result);

/* The call that puts `replacement` in the place of the hash, unless that was changed meanwhile. The texts stay the
 * caller's and have to live until the call is over; `arguments` is for the call to point to. */
struct db_call credentials_replace(const struct credentials *credentials, const char *replacement,
                                   struct db_value arguments[3]);

/* Removes the hash from memory. */
void credentials_forget(struct credentials *credentials);

#endif
