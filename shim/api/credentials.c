/* The result of find_credentials: who a user is, and the stored hash to check the password against. */
#include "shim/api/credentials.h"

#include <stdlib.h>
#include <string.h>

void credentials_receive(struct credentials *credentials, struct db_result *result) {
    credentials->hash[0] = '\0';
    if (!db_result_next(result))
        return;
    struct db_column hash = db_result_find(result, "password_hash");
    struct db_column user_id = db_result_find(result, "user_id");
    struct db_column role = db_result_find(result, "role");
    if (user_id.text == NULL || !role_from_name(role.text, &credentials->user.role) || hash.text == NULL)
        return;
    credentials->user.user_id = strtoll(user_id.text, NULL, 10);
    /* No password matches "!": the user exists and cannot log in, which is not the same as no user. */
    bool fits = hash.length > 0 && hash.length < sizeof credentials->hash;
    memcpy(credentials->hash, fits ? hash.text : "!", fits ? hash.length + 1 : sizeof "!");
}

struct db_call credentials_replace(const struct credentials *credentials, const char *replacement,
                                   struct db_value arguments[3]) {
    arguments[0] = (struct db_value){.type = DB_INTEGER, .integer = credentials->user.user_id};
    arguments[1] = (struct db_value){.type = DB_TEXT, .text = {credentials->hash, strlen(credentials->hash)}};
    arguments[2] = (struct db_value){.type = DB_TEXT, .text = {replacement, strlen(replacement)}};
    return (struct db_call){
        .procedure = "replace_password_hash",
        .arguments = arguments,
        .argument_count = 3,
        .kind = DB_CALL_WAITING,
        .subject = 0,
    };
}

void credentials_forget(struct credentials *credentials) {
    sodium_memzero(credentials->hash, sizeof credentials->hash);
}
