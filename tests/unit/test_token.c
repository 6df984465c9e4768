/* Tokens: ours are taken until they expire, and no other token is, whatever it claims. */
#include "shim/api/token.h"

#include <jwt.h>
#include <sodium.h>

#include "tests/unit/unit.h"

static const struct token_key key = {"0123456789abcdef0123456789abcdef", 3600};

/* In the claims below, `now` and an hour later. */
static const int64_t now = 2000000000;
#define LATER "2000003600"

static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
static const char good_claims[] = "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":" LATER "}";

static bool verify(const char *token) {
    struct token_claims claims;
    return token_verify(&key, token, now, &claims);
}

static char *sign(int64_t user_id, enum role role) {
    const struct token_claims claims = {user_id, role};
    char *token = token_sign(&key, &claims, now);
    assert_non_null(token);
    return token;
}

/* Made by libjwt, with any algorithm. */
static char *made_by_libjwt(jwt_alg_t algorithm, const char *secret, const char *claims) {
    jwt_t *jwt;
    assert_int_equal(jwt_new(&jwt), 0);
    assert_int_equal(jwt_add_grants_json(jwt, claims), 0);
    assert_int_equal(jwt_set_alg(jwt, algorithm, (const unsigned char *)secret, secret ? (int)strlen(secret) : 0), 0);
    char *token = jwt_encode_str(jwt);
    assert_non_null(token);
    jwt_free(jwt);
    return token;
}

/* Made of any two texts, with the right signature of HS256: what libjwt itself would not write. */
static char *made_by_hand(const char *head, const char *claims) {
    static const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    size_t size = 2 * (strlen(head) + strlen(claims)) + 100;
    unsigned char signature[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state hash;
    char *token = malloc(size);
    assert_non_null(token);
    sodium_bin2base64(token, size, (const unsigned char *)head, strlen(head), variant);
    strcat(token, ".");
    size_t length = strlen(token);
    sodium_bin2base64(token + length, size - length, (const unsigned char *)claims, strlen(claims), variant);
    crypto_auth_hmacsha256_init(&hash, (const unsigned char *)key.secret, strlen(key.secret));
    crypto_auth_hmacsha256_update(&hash, (const unsigned char *)token, strlen(token));
    crypto_auth_hmacsha256_final(&hash, signature);
    strcat(token, ".");
    length = strlen(token);
    sodium_bin2base64(token + length, size - length, signature, sizeof signature, variant);
    return token;
}

static bool verify_claims(const char *claims) {
    char *token = made_by_hand(header, claims);
    bool good = verify(token);
    free(token);
    return good;
}

static void signed_token_is_taken(void **state) {
    static const struct token_claims rows[] = {
        {1, ROLE_ORGANIZER}, {1, ROLE_PARTICIPANT}, {INT64_MAX, ROLE_PARTICIPANT}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct token_claims claims = {0};
        char *token = sign(rows[i].user_id, rows[i].role);
        assert_true(token_verify(&key, token, now, &claims));
        assert_int_equal(claims.user_id, rows[i].user_id);
        assert_int_equal(claims.role, rows[i].role);
        free(token);
    }
}

static void signed_token_says_what_it_should(void **state) {
    jwt_t *jwt;
    char *token = sign(42, ROLE_ORGANIZER);
    assert_int_equal(jwt_decode(&jwt, token, (const unsigned char *)key.secret, (int)strlen(key.secret)), 0);
    assert_int_equal(jwt_get_alg(jwt), JWT_ALG_HS256);
    assert_string_equal(jwt_get_grant(jwt, "sub"), "42");
    assert_string_equal(jwt_get_grant(jwt, "role"), "organizer");
    assert_int_equal(jwt_get_grant_int(jwt, "iat"), now);
    assert_int_equal(jwt_get_grant_int(jwt, "exp"), now + key.lifetime_seconds);
    jwt_free(jwt);
    free(token);
}

static void token_of_another_maker_is_taken(void **state) {
    struct token_claims claims;
    char *token = made_by_libjwt(JWT_ALG_HS256, key.secret, good_claims);
    assert_true(token_verify(&key, token, now, &claims));
    assert_int_equal(claims.user_id, 7);
    assert_int_equal(claims.role, ROLE_ORGANIZER);
    free(token);
    assert_true(verify_claims(good_claims));
    assert_true(
        verify_claims("{\"role\":\"participant\",\"x\":[{}],\"exp\":" LATER ",\"sub\":\"9223372036854775807\"}"));
}

static void token_expires_with_30_seconds_of_skew(void **state) {
    static const struct {
        int64_t after_expiry;
        bool good;
    } rows[] = {{-3600, true}, {-1, true}, {0, true}, {29, true}, {30, false}, {31, false}, {86400, false}};
    char *token = sign(1, ROLE_PARTICIPANT);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct token_claims claims;
        int64_t then = now + key.lifetime_seconds + rows[i].after_expiry;
        assert_int_equal(token_verify(&key, token, then, &claims), rows[i].good);
    }
    free(token);
}

static void token_begins_with_30_seconds_of_skew(void **state) {
    static const struct {
        const char *nbf;
        bool good;
    } rows[] = {{"0", true},          {"1999999999", true},  {"2000000000", true},
                {"2000000030", true}, {"2000000031", false}, {"9223372036854775807", false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char claims[200];
        snprintf(claims, sizeof claims, "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":%s,\"nbf\":%s}", LATER,
                 rows[i].nbf);
        assert_number(rows[i].nbf, verify_claims(claims), rows[i].good);
    }
}

static const char *const bad_claims[] = {
    /* exp */
    "{\"sub\":\"7\",\"role\":\"organizer\"}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":null}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":true}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":\"" LATER "\"}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":\"\"}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":" LATER ".5}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":" LATER ".0}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":2.1e9}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":1e99}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":[" LATER "]}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":{\"x\":" LATER "}}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":0}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":-1}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":-" LATER "}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":-9223372036854775808}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":9223372036854775808}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":99999999999999999999999}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"EXP\":" LATER "}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":1999999970}",
    /* nbf */
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":" LATER ",\"nbf\":\"2000000000\"}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":" LATER ",\"nbf\":\"x\"}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":" LATER ",\"nbf\":2000000000.5}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":" LATER ",\"nbf\":-1}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":" LATER ",\"nbf\":null}",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":" LATER ",\"nbf\":[]}",
    /* sub */
    "{\"role\":\"organizer\",\"exp\":" LATER "}",
    "{\"sub\":7,\"role\":\"organizer\",\"exp\":" LATER "}",
    "{\"sub\":null,\"role\":\"organizer\",\"exp\":" LATER "}",
    "{\"sub\":[\"7\"],\"role\":\"organizer\",\"exp\":" LATER "}",
    "{\"sub\":\"\",\"role\":\"organizer\",\"exp\":" LATER "}",
    "{\"sub\":\"-7\",\"role\":\"organizer\",\"exp\":" LATER "}",
    "{\"sub\":\"+7\",\"role\":\"organizer\",\"exp\":" LATER "}",
    "{\"sub\":\" 7\",\"role\":\"organizer\",\"exp\":" LATER "}",
    "{\"sub\":\"7 \",\"role\":\"organizer\",\"exp\":" LATER "}",
    "{\"sub\":\"7.0\",\"role\":\"organizer\",\"exp\":" LATER "}",
    "{\"sub\":\"0x7\",\"role\":\"organizer\",\"exp\":" LATER "}",
    "{\"sub\":\"7e1\",\"role\":\"organizer\",\"exp\":" LATER "}",
    "{\"sub\":\"ann@example.org\",\"role\":\"organizer\",\"exp\":" LATER "}",
    "{\"sub\":\"9223372036854775808\",\"role\":\"organizer\",\"exp\":" LATER "}",
    "{\"sub\":\"99999999999999999999999\",\"role\":\"organizer\",\"exp\":" LATER "}",
    /* role */
    "{\"sub\":\"7\",\"exp\":" LATER "}",
    "{\"sub\":\"7\",\"role\":null,\"exp\":" LATER "}",
    "{\"sub\":\"7\",\"role\":\"\",\"exp\":" LATER "}",
    "{\"sub\":\"7\",\"role\":\"anyone\",\"exp\":" LATER "}",
    "{\"sub\":\"7\",\"role\":\"admin\",\"exp\":" LATER "}",
    "{\"sub\":\"7\",\"role\":\"Organizer\",\"exp\":" LATER "}",
    "{\"sub\":\"7\",\"role\":1,\"exp\":" LATER "}",
    "{\"sub\":\"7\",\"role\":[\"organizer\"],\"exp\":" LATER "}",
    /* no claims at all */
    "",
    "{}",
    "[]",
    "null",
    "\"sub\"",
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":" LATER,
    "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":" LATER "}}",
};

static void bad_claim_is_refused(void **state) {
    for (size_t i = 0; i < COUNT(bad_claims); i++)
        assert_number(bad_claims[i], verify_claims(bad_claims[i]), false);
}

static void bad_claim_of_libjwt_is_refused(void **state) {
    static const char *const rows[] = {
        "{\"sub\":\"7\",\"role\":\"organizer\"}",
        "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":\"" LATER "\"}",
        "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":1999999970}",
        "{\"sub\":7,\"role\":\"organizer\",\"exp\":" LATER "}",
        "{\"sub\":\"7\",\"role\":\"anyone\",\"exp\":" LATER "}",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *token = made_by_libjwt(JWT_ALG_HS256, key.secret, rows[i]);
        assert_number(rows[i], verify(token), false);
        free(token);
    }
}

static void latest_expiry_is_far_away(void **state) {
    assert_true(verify_claims("{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":9223372036854775807}"));
}

static void other_algorithm_is_refused(void **state) {
    const struct {
        jwt_alg_t algorithm;
        const char *secret;
    } rows[] = {{JWT_ALG_HS512, key.secret}, {JWT_ALG_HS384, key.secret}, {JWT_ALG_NONE, NULL}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *token = made_by_libjwt(rows[i].algorithm, rows[i].secret, good_claims);
        assert_false(verify(token));
        free(token);
    }
}

static void bad_header_is_refused(void **state) {
    static const char *const heads[] = {
        "{\"alg\":\"none\",\"typ\":\"JWT\"}",
        "{\"alg\":\"None\",\"typ\":\"JWT\"}",
        "{\"alg\":\"\",\"typ\":\"JWT\"}",
        "{\"alg\":null,\"typ\":\"JWT\"}",
        "{\"alg\":\"HS512\",\"typ\":\"JWT\"}",
        "{\"alg\":\"RS256\",\"typ\":\"JWT\"}",
        "{\"alg\":\"ES256\",\"typ\":\"JWT\"}",
        "{\"alg\":[\"HS256\"],\"typ\":\"JWT\"}",
        "{\"typ\":\"JWT\"}",
        "{}",
        "[]",
        "HS256",
        "",
    };
    for (size_t i = 0; i < COUNT(heads); i++) {
        char *token = made_by_hand(heads[i], good_claims);
        assert_number(heads[i], verify(token), false);
        free(token);
    }
}

static void missing_signature_is_refused(void **state) {
    char *token = made_by_hand("{\"alg\":\"none\",\"typ\":\"JWT\"}", good_claims);
    strrchr(token, '.')[1] = '\0';
    assert_false(verify(token));
    strrchr(token, '.')[0] = '\0';
    assert_false(verify(token));
    free(token);
    token = sign(1, ROLE_ORGANIZER);
    strrchr(token, '.')[1] = '\0';
    assert_false(verify(token));
    strrchr(token, '.')[0] = '\0';
    assert_false(verify(token));
    free(token);
}

static void other_secret_is_refused(void **state) {
    static const char *const secrets[] = {"0123456789abcdef0123456789abcdeF", "0123456789abcdef0123456789abcde",
                                          "0123456789abcdef0123456789abcdef0", "x"};
    for (size_t i = 0; i < COUNT(secrets); i++) {
        char *token = made_by_libjwt(JWT_ALG_HS256, secrets[i], good_claims);
        assert_number(secrets[i], verify(token), false);
        free(token);
    }
}

static void token_changed_anywhere_is_refused(void **state) {
    static const char others[] = "Ab0-_.=+/ \x80";
    char *token = sign(7, ROLE_PARTICIPANT);
    for (size_t i = 0; i < strlen(token); i++) {
        char before = token[i];
        for (size_t k = 0; k < strlen(others); k++) {
            if (others[k] == before)
                continue;
            token[i] = others[k];
            if (verify(token))
                fail_msg("taken with %c instead of %c at %zu", others[k], before, i);
        }
        /* The neighbour, which at a segment's end may decode to the same bytes. */
        token[i] = (char)(before ^ 1);
        assert_false(verify(token));
        token[i] = before;
    }
    assert_true(verify(token));
    free(token);
}

static void token_cut_anywhere_is_refused(void **state) {
    char *token = sign(7, ROLE_PARTICIPANT);
    size_t whole = strlen(token);
    for (size_t length = 0; length < whole; length++) {
        char *cut = exact_copy(token, length + 1);
        cut[length] = '\0';
        assert_false(verify(cut));
        free(cut);
        assert_false(verify(token + length + 1));
    }
    free(token);
}

static void something_added_is_refused(void **state) {
    static const char *const suffixes[] = {".", "=", "==", " ", "\n", "A", ".A", ".e30"};
    char *token = sign(7, ROLE_PARTICIPANT);
    for (size_t i = 0; i < COUNT(suffixes); i++) {
        char longer[1000];
        snprintf(longer, sizeof longer, "%s%s", token, suffixes[i]);
        assert_number(suffixes[i], verify(longer), false);
        snprintf(longer, sizeof longer, "%s%s", suffixes[i], token);
        assert_number(suffixes[i], verify(longer), false);
    }
    free(token);
}

static void segments_of_two_tokens_do_not_mix(void **state) {
    char mixed[1000];
    char *one = sign(1, ROLE_PARTICIPANT), *two = sign(2, ROLE_ORGANIZER);
    snprintf(mixed, sizeof mixed, "%.*s%s", (int)(strrchr(two, '.') - two), two, strrchr(one, '.'));
    assert_false(verify(mixed));
    free(one);
    free(two);
}

static void what_is_no_token_is_refused(void **state) {
    static const char *const texts[] = {
        "",        ".", "..", "...", "a", "a.b", "a.b.c", "e30.e30.", "e30.e30.e30", "Bearer", "\xff\xfe.\x80.\x80",
        "{}.{}.{}"};
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_number(texts[i], verify(texts[i]), false);
}

/* A good token of exactly so many characters. */
static char *token_of_length(size_t length) {
    static const char begin[] = "{\"sub\":\"7\",\"role\":\"organizer\",\"exp\":" LATER ",\"x\":\"";
    char claims[5000];
    for (size_t fill = length / 2; fill < length; fill++) {
        snprintf(claims, sizeof claims, "%s%*s\"}", begin, (int)fill, "");
        char *token = made_by_hand(header, claims);
        if (strlen(token) == length)
            return token;
        free(token);
    }
    fail();
    return NULL;
}

static void token_has_at_most_4096_characters(void **state) {
    char *most = token_of_length(4096), *more = token_of_length(4097);
    assert_true(verify(most));
    assert_false(verify(more));
    free(most);
    free(more);

    char *huge = malloc(1000001);
    assert_non_null(huge);
    memset(huge, 'a', 1000000);
    huge[1000000] = '\0';
    assert_false(verify(huge));
    free(huge);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signed_token_is_taken),
        cmocka_unit_test(signed_token_says_what_it_should),
        cmocka_unit_test(token_of_another_maker_is_taken),
        cmocka_unit_test(token_expires_with_30_seconds_of_skew),
        cmocka_unit_test(token_begins_with_30_seconds_of_skew),
        cmocka_unit_test(bad_claim_is_refused),
        cmocka_unit_test(bad_claim_of_libjwt_is_refused),
        cmocka_unit_test(latest_expiry_is_far_away),
        cmocka_unit_test(other_algorithm_is_refused),
        cmocka_unit_test(bad_header_is_refused),
        cmocka_unit_test(missing_signature_is_refused),
        cmocka_unit_test(other_secret_is_refused),
        cmocka_unit_test(token_changed_anywhere_is_refused),
        cmocka_unit_test(token_cut_anywhere_is_refused),
        cmocka_unit_test(something_added_is_refused),
        cmocka_unit_test(segments_of_two_tokens_do_not_mix),
        cmocka_unit_test(what_is_no_token_is_refused),
        cmocka_unit_test(token_has_at_most_4096_characters),
    };
    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
