/* Password hashes of the first implementation: passlib's are verified, and nothing else is taken for one. */
#include "shim/api/legacy_hash.h"

#include "tests/unit/unit.h"

/* The example of passlib's own manual. */
static const char example[] = "$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk";
/* By Python's hashlib: of 72 times U+00E9, two bytes each, and of letters that take one to four. */
static const char of_72[] = "$pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg$bZahgd5eNXGL1WJuJkL/wGxihGMpFNyyDTYizLuQGaI";
static const char of_letters[] =
    "$pbkdf2-sha256$1000$./v7./v7./v7./v7./v7.w$YJ4NvInPUkF2.4PRorZjrukuNVwaznq0K2mxgV2ml8M";

/* Of a copy without a byte behind it. */
static bool verify(const char *text, const char *password) {
    struct legacy_hash hash;
    char *copy = exact_copy(password, strlen(password) > 0 ? strlen(password) : 1);
    assert_true(legacy_hash_parse(&hash, text));
    bool good = legacy_hash_verify(&hash, copy, strlen(password));
    free(copy);
    return good;
}

static void hash_of_passlib_is_verified(void **state) {
    assert_true(verify(example, "toomanysecrets"));
    assert_true(verify(of_letters, "äöü€😀"));
}

static void other_password_is_none(void **state) {
    static const char *const others[] = {"", "toomanysecret", "toomanysecrets ", "Toomanysecrets", "äöü€😀"};
    for (size_t i = 0; i < COUNT(others); i++)
        assert_false(verify(example, others[i]));
}

static void only_72_characters_count(void **state) {
    char password[2 * 100 + 1] = "";
    for (int characters = 1; characters <= 100; characters++) {
        strcat(password, "é");
        assert_number(password, verify(of_72, password), characters >= 72);
    }
    password[2 * 71] = '\0';
    assert_false(verify(of_72, strcat(password, "x")));
}

/* With an example whose rounds, salt or checksum are other ones. */
static bool parse(const char *rounds, const char *salt, const char *checksum) {
    struct legacy_hash hash;
    char text[512];
    int length = snprintf(text, sizeof text, "$pbkdf2-sha256$%s$%s$%s", rounds, salt, checksum);
    char *copy = exact_copy(text, (size_t)length + 1);
    bool good = legacy_hash_parse(&hash, copy);
    free(copy);
    return good;
}

static const char salt[] = "N2YMIWQsBWBMae09x1jrPQ";
static const char checksum[] = "1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk";

static void rounds_have_limits(void **state) {
    static const char *const good[] = {"1", "29000", "1000000"};
    static const char *const bad[] = {"",   "0",  "029000", "-1",      "+1",
                                      " 1", "1 ", "0x10",   "1000001", "99999999999999999999"};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_number(good[i], parse(good[i], salt, checksum), true);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_number(bad[i], parse(bad[i], salt, checksum), false);
}

static void salt_has_1_to_64_bytes(void **state) {
    char longest[88] = "";
    memset(longest, 'A', 86);
    assert_true(parse("1", "AA", checksum));
    assert_true(parse("1", longest, checksum));
    longest[86] = 'A';
    assert_false(parse("1", longest, checksum));
    assert_false(parse("1", "", checksum));
}

static void what_is_no_hash_is_refused(void **state) {
    static const char *const bad[] = {
        "",
        "!",
        "toomanysecrets",
        "$pbkdf2-sha256$",
        "$pbkdf2-sha256$29000",
        "$pbkdf2-sha256$29000$",
        "$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ",
        "$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$",
        "$pbkdf2-sha512$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk",
        "$pbkdf2$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk",
        " $pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk",
        "pbkdf2_sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk",
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Zm9yIHRlc3RzIG9ubHksIG5vYm9keSBsb2dzIGlu",
    };
    struct legacy_hash hash;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_number(bad[i], legacy_hash_parse(&hash, bad[i]), false);
    /* The last letter, one of another base64, one too many, padding, another field. */
    assert_true(parse("29000", salt, checksum));
    assert_false(parse("29000", salt, "1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRf"));
    assert_false(parse("29000", salt, "1t8iyB2A+WF/Z5JZv+lfCIhXXN33N23OSgQYThBYRfk"));
    assert_false(parse("29000", salt, "1t8iyB2A-WF_Z5JZv-lfCIhXXN33N23OSgQYThBYRfk"));
    assert_false(parse("29000", salt, "1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfkA"));
    assert_false(parse("29000", salt, "1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk="));
    assert_false(parse("29000", salt, "1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk$"));
    assert_false(parse("29000", "N2YMIWQsBWBMae09x1jrP", checksum));
    assert_false(parse("29000", "N2YMIWQs*WBMae09x1jrPQ", checksum));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_of_passlib_is_verified), cmocka_unit_test(other_password_is_none),
        cmocka_unit_test(only_72_characters_count),    cmocka_unit_test(rounds_have_limits),
        cmocka_unit_test(salt_has_1_to_64_bytes),      cmocka_unit_test(what_is_no_hash_is_refused),
    };
    return cmocka_run_group_tests_name("legacy_hash", tests, NULL, NULL);
}
