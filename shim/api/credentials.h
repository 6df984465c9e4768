/* The result of find_credentials: who a user is, and the stored hash to check the password against. */
#ifndef EVENTHUB_CREDENTIALS_H
#define EVENTHUB_CREDENTIALS_H

#include <sodium.h>

#include "db/client/call.h"
#include "db/client/result.h"
#include "shim/api/token.h"

struct credentials {
    struct token_claims user;
    char hash[crypto_pwhash_STRBYTES]; /* "" if there is no such user; "!" if the stored hash is empty or too long */
};

/* Reads the procedure's row. No row means that there is no such user. */
void credentials_receive(struct credentials *credentials, struct db_result *result);

/* The CALL that replaces the hash by `replacement`, unless the hash has been changed meanwhile. It points to
 * `arguments`, `replacement` and `credentials`, which have to live until it is over. */
struct db_call credentials_replace(const struct credentials *credentials, const char *replacement,
                                   struct db_value arguments[3]);

/* Wipes the hash from memory. */
void credentials_forget(struct credentials *credentials);

#endif
