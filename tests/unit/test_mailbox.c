/* E-mail addresses of settings: those that SendGrid takes, and what is wrong with the others. */
#include "notifier/mailbox.h"

#include "tests/unit/unit.h"

#define TEN "abcdefghij"
#define SIXTY TEN TEN TEN TEN TEN TEN

static void address_is_taken(void **state) {
    static const char *const rows[] = {
        "events@example.org",
        "a@b.c",
        "o'hara+x@mail.example.org",
        "!#$%&'*+-/=?^_`{|}~@x-y.org",
        "a.b.c@1.2.3.org",
        "a@xn--bcher-kva.example",
        SIXTY "abcd@b.c",
        "a@" SIXTY "abc.org",
        "a@" SIXTY "." SIXTY "." SIXTY "." SIXTY ".abcdefgh",
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_text(rows[i], mailbox_fault(rows[i]), NULL);
}

static void address_is_none(void **state) {
    static const char *const rows[] = {
        "",
        "x",
        "@",
        "@b.c",
        "a@",
        "a@b",
        "a@b.",
        "a@.c",
        "a@b..c",
        "a@b@c.d",
        "a b@c.d",
        "a@b c.d",
        "a@b.c ",
        "a@b.c\n",
        "a@b.c,d",
        "<a@b.c>",
        "a..b@c.d",
        ".a@c.d",
        "a.@c.d",
        "a@-b.org",
        "a@b-.org",
        "a@b.org-",
        "a@1.2.3.4",
        "a@iana/x.y",
        "a@e|f.org",
        "a@e_f.org",
        "a\x7f@b.c",
        "a\"b@c.d",
        "a..@b.c",
        "a@[1.2.3.4]",
        "a@b.c..",
        SIXTY "abcde@b.c",
        "a@" SIXTY "abcd.org",
        "a@" SIXTY "." SIXTY "." SIXTY "." SIXTY ".abcdefghi",
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_text(rows[i], mailbox_fault(rows[i]), "is no plain e-mail address");
}

static void letters_beyond_ascii_are_none_of_an_address(void **state) {
    static const char *const rows[] = {"zo\xc3\xab@b.c",
                                       "a@b\xc3\xbc"
                                       "cher.example",
                                       "\xe2\x80\x8b"
                                       "a@b.c"};
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_text(rows[i], mailbox_fault(rows[i]),
                    "has letters beyond ASCII before the @, or a domain that cannot be written without them");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address_is_taken),
        cmocka_unit_test(address_is_none),
        cmocka_unit_test(letters_beyond_ascii_are_none_of_an_address),
    };
    return cmocka_run_group_tests_name("mailbox", tests, NULL, NULL);
}
