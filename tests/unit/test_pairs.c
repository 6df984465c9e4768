/* Query strings and urlencoded forms: what is taken apart how, what is refused, and that nobody reads beyond the end.
 */
#include "shim/http/pairs.h"

#include "tests/unit/pairs.h"

static void query_is_taken_apart(void **state) {
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        {"", ""},
        {"&", ""},
        {"&&&", ""},
        {"a", "<a>=<>;"},
        {"a=", "<a>=<>;"},
        {"=b", "<>=<b>;"},
        {"=", "<>=<>;"},
        {"a=b", "<a>=<b>;"},
        {"a=b=c", "<a>=<b=c>;"},
        {"a==", "<a>=<=>;"},
        {"a=1&b=2", "<a>=<1>;<b>=<2>;"},
        {"&a=1&&b&", "<a>=<1>;<b>=<>;"},
        {"a&b&c", "<a>=<>;<b>=<>;<c>=<>;"},
        {"a=1&a=2", "<a>=<1>;<a>=<2>;"},
        {"a;b=1;c", "<a;b>=<1;c>;"},
        {"a?b=/?#", "<a?b>=</?#>;"},
        {"+", "< >=<>;"},
        {"a+b=+c+", "<a b>=< c >;"},
        {"a=%2B%20%26%3D%25", "<a>=<+ &=%>;"},
        {"%61%3d=b", "<a=>=<b>;"},
        {"%61", "<a>=<>;"},
        {"a=gr%C3%BCn&%c3%bc=%C3%bc", "<a>=<gr\xc3\xbcn>;<\xc3\xbc>=<\xc3\xbc>;"},
        {"a=gr\xc3\xbcn", "<a>=<gr\xc3\xbcn>;"},
        {"a=2030-01-01T12:00+01:00", "<a>=<2030-01-01T12:00 01:00>;"},
        {"a=%0d%0a", "<a>=<\r\n>;"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct pairs pairs;
        assert_text(rows[i].text, urlencoded(&pairs, rows[i].text, strlen(rows[i].text)), NULL);
        assert_pairs(rows[i].text, &pairs, rows[i].wanted);
        pairs_free(&pairs);
    }
}

static void percent_without_two_digits_is_itself(void **state) {
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        {"%", "<%>=<>;"},        {"a=%", "<a>=<%>;"},     {"a=%4", "<a>=<%4>;"},         {"a=%zz", "<a>=<%zz>;"},
        {"a=%4z", "<a>=<%4z>;"}, {"a=%z4", "<a>=<%z4>;"}, {"a=%%41", "<a>=<%A>;"},       {"a=%4%41", "<a>=<%4A>;"},
        {"a=%+4", "<a>=<% 4>;"}, {"a=%-1", "<a>=<%-1>;"}, {"a=%u0041", "<a>=<%u0041>;"}, {"%&4=%", "<%>=<>;<4>=<%>;"},
        {"%4=1", "<%4>=<1>;"},   {"%=41", "<%>=<41>;"},   {"a=%2541", "<a>=<%41>;"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct pairs pairs;
        assert_text(rows[i].text, urlencoded(&pairs, rows[i].text, strlen(rows[i].text)), NULL);
        assert_pairs(rows[i].text, &pairs, rows[i].wanted);
        pairs_free(&pairs);
    }
}

static void bad_query_is_refused(void **state) {
    static const struct {
        const char *bytes;
        size_t length;
        const char *fault;
    } rows[] = {
        {BYTES("a=%00"), nul},
        {BYTES("%00=a"), nul},
        {BYTES("a=b%00c"), nul},
        {BYTES("%00"), nul},
        {BYTES("a=1&b=\0"), nul},
        {BYTES("a\0b=1"), nul},
        {BYTES("a=%ff"), not_utf8},
        {BYTES("%c0%af=1"), not_utf8},
        {BYTES("a=%ed%a0%80"), not_utf8},
        {BYTES("a=\xe2\x82"), not_utf8},
        {BYTES("a=%e2%82&b=%ac"), not_utf8},
        {BYTES("a=%E4hre"), not_utf8},
        {BYTES("a=1&b=\xfc"), not_utf8},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct pairs pairs;
        assert_text(rows[i].bytes, urlencoded(&pairs, rows[i].bytes, rows[i].length), rows[i].fault);
        pairs_free(&pairs);
    }
}

static void pairs_are_limited(void **state) {
    char text[8 * (PAIRS_LIMIT + 1)], *end = text;
    struct pairs pairs;
    for (int i = 0; i < PAIRS_LIMIT; i++)
        end += sprintf(end, "n%d=%d&", i, i);
    assert_null(urlencoded(&pairs, text, (size_t)(end - text)));
    assert_int_equal(pairs.count, PAIRS_LIMIT);
    assert_string_equal(find(&pairs, "n0")->value, "0");
    assert_string_equal(find(&pairs, "n31")->value, "31");
    pairs_free(&pairs);
    end = stpcpy(end, "x");
    assert_string_equal(urlencoded(&pairs, text, (size_t)(end - text)), too_many);
    pairs_free(&pairs);
}

static void first_pair_of_a_name_is_found(void **state) {
    struct pairs pairs;
    assert_null(urlencoded(&pairs, BYTES("a=1&b=2&a=3&=4")));
    assert_string_equal(find(&pairs, "a")->value, "1");
    assert_string_equal(find(&pairs, "b")->value, "2");
    assert_string_equal(find(&pairs, "")->value, "4");
    assert_null(find(&pairs, "A"));
    assert_null(find(&pairs, "c"));
    pairs_free(&pairs);
    assert_null(find(&pairs, "a"));
    pairs_free(&pairs);
}

static void query_cut_or_changed_anywhere_never_crashes(void **state) {
    static const char text[] = "a=1&%62=gr%C3%BCn+x&&c&=%4&d=%zz";
    struct pairs pairs;
    for (size_t length = 0; length < sizeof text; length++) {
        urlencoded(&pairs, text, length);
        pairs_free(&pairs);
    }
    for (size_t i = 0; i < strlen(text); i++) {
        for (int byte = 0; byte <= 0xff; byte++) {
            char changed[sizeof text];
            memcpy(changed, text, sizeof text);
            changed[i] = (char)byte;
            urlencoded(&pairs, changed, strlen(text));
            pairs_free(&pairs);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query_is_taken_apart),          cmocka_unit_test(percent_without_two_digits_is_itself),
        cmocka_unit_test(bad_query_is_refused),          cmocka_unit_test(pairs_are_limited),
        cmocka_unit_test(first_pair_of_a_name_is_found), cmocka_unit_test(query_cut_or_changed_anywhere_never_crashes),
    };
    return cmocka_run_group_tests_name("pairs", tests, NULL, NULL);
}
