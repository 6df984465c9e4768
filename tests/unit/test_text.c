/* UTF-8: what is well-formed, how many characters it has, and what counts as blank. */
#include "db/common/text.h"

#include "tests/unit/unit.h"

#define BYTES(literal) (literal), sizeof(literal) - 1

/* Measures a copy of exactly that length. */
static bool measure(const char *bytes, size_t length, size_t *characters, bool *blank) {
    char *copy = exact_copy(bytes, length);
    bool good = text_measure(copy, length, characters, blank);
    free(copy);
    return good;
}

/* Encodes by RFC 3629's table, whatever the number is. */
static size_t encode(uint32_t c, char bytes[4]) {
    if (c < 0x80) {
        bytes[0] = (char)c;
        return 1;
    }
    size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, c >>= 6)
        bytes[i] = (char)(0x80 | (c & 0x3f));
    bytes[0] = (char)((0xf00 >> length & 0xff) | c);
    return length;
}

static void empty_text_is_blank(void **state) {
    size_t characters = 9;
    bool blank = false;
    assert_true(text_measure("", 0, &characters, &blank));
    assert_int_equal(characters, 0);
    assert_true(blank);
}

static void characters_are_counted(void **state) {
    static const struct {
        const char *bytes;
        size_t length, characters;
    } rows[] = {
        {BYTES("a"), 1},
        {BYTES("abc"), 3},
        {BYTES("a\0b"), 3},
        {BYTES("gr\xc3\xbcn"), 4},
        {BYTES("\xe2\x82\xac"), 1},
        {BYTES("\xf0\x9f\x8e\x9f\xf0\x9f\x8e\x9f"), 2},
        {BYTES("e\xcc\x81"), 2},                        /* with a combining accent */
        {BYTES("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80"), 4}, /* at the borders of the lengths */
        {BYTES("\xef\xbf\xbf\xf0\x90\x80\x80"), 2},
        {BYTES("\xed\x9f\xbf\xee\x80\x80"), 2}, /* around the surrogates */
        {BYTES("\xf4\x8f\xbf\xbf"), 1},         /* U+10FFFF */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t characters;
        bool blank;
        assert_true(measure(rows[i].bytes, rows[i].length, &characters, &blank));
        assert_number(rows[i].bytes, (int64_t)characters, (int64_t)rows[i].characters);
        assert_false(blank);
    }
}

static void malformed_text_is_refused(void **state) {
    static const struct {
        const char *what, *bytes;
        size_t length;
    } rows[] = {
        {"a continuation alone", BYTES("\x80")},
        {"the last continuation alone", BYTES("a\xbf")},
        {"overlong slash", BYTES("\xc0\xaf")},
        {"overlong NUL", BYTES("\xc0\x80")},
        {"overlong U+7F", BYTES("\xc1\xbf")},
        {"overlong slash in 3", BYTES("\xe0\x80\xaf")},
        {"overlong U+7FF", BYTES("\xe0\x9f\xbf")},
        {"overlong slash in 4", BYTES("\xf0\x80\x80\xaf")},
        {"overlong U+FFFF", BYTES("\xf0\x8f\xbf\xbf")},
        {"first high surrogate", BYTES("\xed\xa0\x80")},
        {"last low surrogate", BYTES("\xed\xbf\xbf")},
        {"a surrogate pair", BYTES("\xed\xa0\xbc\xed\xbe\x9f")},
        {"U+110000", BYTES("\xf4\x90\x80\x80")},
        {"U+13FFFF", BYTES("\xf4\xbf\xbf\xbf")},
        {"a byte F5", BYTES("\xf5\x80\x80\x80")},
        {"5 bytes", BYTES("\xf8\x88\x80\x80\x80")},
        {"6 bytes", BYTES("\xfc\x84\x80\x80\x80\x80")},
        {"a byte FE", BYTES("\xfe")},
        {"a byte FF", BYTES("\xff")},
        {"1 of 2", BYTES("\xc3")},
        {"1 of 3", BYTES("\xe2")},
        {"2 of 3", BYTES("\xe2\x82")},
        {"1 of 4", BYTES("\xf0")},
        {"2 of 4", BYTES("\xf0\x9f")},
        {"3 of 4", BYTES("\xf0\x9f\x8e")},
        {"2 of 3 and a letter", BYTES("\xe2\x82z")},
        {"1 of 2 and another", BYTES("\xc3\xc3\xbc")},
        {"Latin 1", BYTES("gr\xfcn")},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t characters;
        bool blank;
        assert_number(rows[i].what, measure(rows[i].bytes, rows[i].length, &characters, &blank), false);
    }
}

static void every_scalar_value_is_one_character(void **state) {
    for (uint32_t c = 0; c <= 0x1fffff; c++) {
        char bytes[4];
        size_t characters, length = encode(c, bytes);
        bool blank, scalar = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
        if (text_measure(bytes, length, &characters, &blank) != scalar || (scalar && characters != 1))
            fail_msg("U+%04X", c);
    }
}

/* Counted against what RFC 3629 allows: 128 characters of one byte, 1920 of two, 61440 of three. */
static void number_of_well_formed_texts_is_right(void **state) {
    size_t good[4] = {0}, characters;
    bool blank;
    for (uint32_t n = 0; n < 1 << 24; n++) {
        const char bytes[] = {(char)(n >> 16), (char)(n >> 8), (char)n};
        good[3] += text_measure(bytes, 3, &characters, &blank);
        if (n < 1 << 16)
            good[2] += text_measure(bytes + 1, 2, &characters, &blank);
        if (n < 1 << 8)
            good[1] += text_measure(bytes + 2, 1, &characters, &blank);
    }
    assert_int_equal(good[1], 128);
    assert_int_equal(good[2], 128 * 128 + 1920);
    assert_int_equal(good[3], 128 * 128 * 128 + 2 * 128 * 1920 + 61440);
}

static bool is_in_white_space_list(uint32_t c) {
    /* PropList.txt of Unicode 15, White_Space */
    static const uint32_t ranges[][2] = {{0x9, 0xd},       {0x20, 0x20},     {0x85, 0x85},     {0xa0, 0xa0},
                                         {0x1680, 0x1680}, {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f},
                                         {0x205f, 0x205f}, {0x3000, 0x3000}};
    for (size_t i = 0; i < COUNT(ranges); i++) {
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    }
    return false;
}

static void white_space_alone_is_blank(void **state) {
    for (uint32_t c = 0; c <= 0xffff; c++) {
        char bytes[4];
        size_t characters;
        bool blank;
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        assert_true(text_measure(bytes, encode(c, bytes), &characters, &blank));
        if (blank != is_in_white_space_list(c))
            fail_msg("U+%04X", c);
    }
}

static void one_visible_character_is_not_blank(void **state) {
    static const struct {
        const char *bytes;
        size_t length;
        bool blank;
    } rows[] = {
        {BYTES(" \t\r\n"), true},
        {BYTES("\xc2\xa0\xe3\x80\x80 \xe2\x80\x83"), true},
        {BYTES("   x"), false},
        {BYTES("x   "), false},
        {BYTES(" \xc2\xa0x\xc2\xa0"), false},
        {BYTES(" \0 "), false},
        {BYTES("\xe2\x80\x8b"), false}, /* ZERO WIDTH SPACE is not White_Space */
        {BYTES("\xef\xbb\xbf"), false}, /* nor is the byte order mark */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t characters;
        bool blank;
        assert_true(measure(rows[i].bytes, rows[i].length, &characters, &blank));
        assert_number(rows[i].bytes, blank, rows[i].blank);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_text_is_blank),
        cmocka_unit_test(characters_are_counted),
        cmocka_unit_test(malformed_text_is_refused),
        cmocka_unit_test(every_scalar_value_is_one_character),
        cmocka_unit_test(number_of_well_formed_texts_is_right),
        cmocka_unit_test(white_space_alone_is_blank),
        cmocka_unit_test(one_visible_character_is_not_blank),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
