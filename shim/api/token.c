/* Bearer tokens: JSON Web Tokens (RFC 7519) signed with HS256, by libjwt. */
#include "shim/api/token.h"

#include <errno.h>
#include <inttypes.h>
#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/common/json_out.h"

enum {
    MAX_TOKEN_LENGTH = 4096, /* libjwt copies the segments onto the stack before it checks the signature */
    SKEW_SECONDS = 30,
};

char *token_sign(const struct token_key *key, const struct token_claims *claims, int64_t now) {
    char *token = NULL;
    char subject[24];
    jwt_t *jwt;

    if (jwt_new(&jwt) != 0)
        return NULL;
    snprintf(subject, sizeof subject, "%" PRId64, claims->user_id);
    if (jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)key->secret, (int)strlen(key->secret)) == 0 &&
        jwt_add_grant(jwt, "sub", subject) == 0 && jwt_add_grant(jwt, "role", role_name(claims->role)) == 0 &&
        jwt_add_grant_int(jwt, "iat", now) == 0 && jwt_add_grant_int(jwt, "exp", now + key->lifetime_seconds) == 0)
        token = jwt_encode_str(jwt);
    jwt_free(jwt);
    return token;
}

bool token_write(struct buffer *json, const struct token_key *key, const struct token_claims *claims, int64_t now) {
    char *token = token_sign(key, claims, now);

    if (token == NULL)
        return false;
    buffer_text(json, "{");
    json_out_member(json, "access_token", token);
    json_out_member(json, "token_type", "bearer");
    json_out_member(json, "role", role_name(claims->role));
    buffer_printf(json, ",\"expires_in\":%ld}", key->lifetime_seconds);
    free(token);
    return !json->failed;
}

/* Reads a number of decimal digits and nothing else. */
static bool read_number(const char *text, int64_t *number) {
    char *end;

    if (text == NULL || *text < '0' || *text > '9')
        return false;
    errno = 0;
    *number = strtoll(text, &end, 10);
    return *end == '\0' && errno == 0;
}

/* Reads a claim that is a JSON number. It is read as JSON, because libjwt's jwt_get_grant_int takes a string for 0. */
static bool numeric_claim(jwt_t *jwt, const char *name, bool *present, int64_t *number) {
    char *json = jwt_get_grants_json(jwt, name);
    *present = json != NULL;
    bool good = read_number(json, number);
    free(json);
    return good;
}

static bool read_claims(jwt_t *jwt, int64_t now, struct token_claims *claims) {
    int64_t expires, not_before;
    bool present;

    if (jwt_get_alg(jwt) != JWT_ALG_HS256)
        return false;
    if (!numeric_claim(jwt, "exp", &present, &expires) || expires <= now - SKEW_SECONDS)
        return false;
    if (!numeric_claim(jwt, "nbf", &present, &not_before) ? present : not_before > now + SKEW_SECONDS)
        return false;
    return read_number(jwt_get_grant(jwt, "sub"), &claims->user_id) &&
           role_from_name(jwt_get_grant(jwt, "role"), &claims->role);
}

bool token_verify(const struct token_key *key, const char *token, int64_t now, struct token_claims *claims) {
    jwt_t *jwt;

    if (strlen(token) > MAX_TOKEN_LENGTH)
        return false;
    if (jwt_decode(&jwt, token, (const unsigned char *)key->secret, (int)strlen(key->secret)) != 0)
        return false;
    bool good = read_claims(jwt, now, claims);
    jwt_free(jwt);
    return good;
}
