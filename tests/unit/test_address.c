/* Addresses in ASCII: what is passed on as it is, what becomes punycode, and what is refused and why. */
#include "notifier/address.h"

#include "tests/unit/unit.h"

/* What is made of a copy of exactly that length; the fault in `fault`. To be released with free(). */
static char *written(const char *email, size_t length, const char **fault) {
    struct buffer out = {0};
    char *copy = exact_copy(email, length);

    *fault = address_write(&out, copy, length);
    free(copy);
    buffer_append(&out, "", 1);
    assert_false(out.failed);
    return out.data;
}

static void domain_is_written_in_ascii(void **state) {
    static const struct {
        const char *email, *ascii;
    } rows[] = {
        {"ada@example.org", "ada@example.org"},
        {"Ada.O'Hara+x@EXAMPLE.org", "Ada.O'Hara+x@EXAMPLE.org"},
        /* What is ASCII is SendGrid's to judge. */
        {"a_b@my_host.example.org", "a_b@my_host.example.org"},
        {"a@-example-.org", "a@-example-.org"},
        {"\"a@b\"@example.org", "\"a@b\"@example.org"},
        {"ada@m\xc3\xbcller.de", "ada@xn--mller-kva.de"},
        {"ada@M\xc3\x9cLLER.de", "ada@xn--mller-kva.de"},
        /* Decomposed is the same. */
        {"ada@mu\xcc\x88ller.de", "ada@xn--mller-kva.de"},
        {"ada@mail.m\xc3\xbcller.example.org", "ada@mail.xn--mller-kva.example.org"},
        /* IDNA2008, not 2003: no "ss". */
        {"ada@fa\xc3\x9f.de", "ada@xn--fa-hia.de"},
        {"ada@\xe4\xbe\x8b\xe3\x81\x88.jp", "ada@xn--r8jz45g.jp"},
        {"ada@\xd7\x93\xd7\x95\xd7\x92\xd7\x9e\xd7\x94.example", "ada@xn--6dbbec0c.example"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *fault;
        char *ascii = written(rows[i].email, strlen(rows[i].email), &fault);
        assert_text(rows[i].email, fault, NULL);
        assert_text(rows[i].email, ascii, rows[i].ascii);
        free(ascii);
    }
}

static void what_cannot_be_written_says_why(void **state) {
    char long_label[400] = "ada@", long_domain[2000] = "ada@";
    for (int i = 0; i < 70; i++)
        strcat(long_label, "\xc3\xbc");
    for (int i = 0; i < 300; i++)
        strcat(long_domain, "\xc3\xbc.xx");
    const struct {
        const char *email, *part;
    } rows[] = {
        {"", "no @"},
        {"ada", "no @"},
        {"\xc3\xa4"
         "da@example.org",
         "before the @"},
        {"\xc3\xa4"
         "da@m\xc3\xbcller.de",
         "before the @"},
        {"ada@\xe2\x80\x8b.org", "cannot be written in ASCII"},
        {"ada@m\xc3\xbcller.\xe2\x80\x8b.org", "cannot be written in ASCII"},
        /* Fullwidth signs that become the plain ones. */
        {"ada@m\xc3\xbcller\xef\xbc\xa0"
         "evil.org",
         "cannot be written in ASCII"},
        {"ada@m\xc3\xbcller.org\xef\xbc\x8f", "cannot be written in ASCII"},
        {"ada@\xf0\x9f\x8e\x9f.org", "cannot be written in ASCII"},
        {"ada@a\xcc.org", "cannot be written in ASCII"},
        {"ada@\xff.org", "cannot be written in ASCII"},
        {"ada@\xcc\x81.org", "cannot be written in ASCII"},
        {long_label, "cannot be written in ASCII"},
        {long_domain, "too long"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *fault;
        char *ascii = written(rows[i].email, strlen(rows[i].email), &fault);
        if (fault == NULL || strstr(fault, rows[i].part) == NULL)
            fail_msg("for %s: %s (%s)", rows[i].email, fault != NULL ? fault : "no fault", ascii);
        assert_text(rows[i].email, ascii, "");
        free(ascii);
    }
    const char *fault;
    free(written("a@\xc3\xbc\0.de", 8, &fault));
    assert_non_null(fault);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(domain_is_written_in_ascii),
        cmocka_unit_test(what_cannot_be_written_says_why),
    };
    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
