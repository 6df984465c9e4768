/* Text in HTML: what means something there is escaped, and nothing else is touched. */
#include "db/common/html_out.h"

#include "tests/unit/unit.h"

#define BYTES(literal) (literal), sizeof(literal) - 1

static void text_is_escaped(void **state) {
    static const struct {
        const char *text;
        size_t length;
        const char *wanted;
    } rows[] = {
        {BYTES(""), ""},
        {BYTES("abc"), "abc"},
        {BYTES("&"), "&amp;"},
        {BYTES("<>\"'"), "&lt;&gt;&quot;&#39;"},
        {BYTES("a<b>&\"c\"'d'"), "a&lt;b&gt;&amp;&quot;c&quot;&#39;d&#39;"},
        {BYTES("&amp;"), "&amp;amp;"},
        {BYTES("\" onclick=\"x"), "&quot; onclick=&quot;x"},
        {BYTES("\r\n\t/=`{}%s"), "\r\n\t/=`{}%s"},
        {BYTES("gr\xc3\xbcn \xf0\x9f\x8e\x9f<"), "gr\xc3\xbcn \xf0\x9f\x8e\x9f&lt;"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buffer out = {0};
        char *copy = exact_copy(rows[i].text, rows[i].length);
        html_out_text(&out, copy, rows[i].length);
        buffer_append(&out, "", 1);
        assert_false(out.failed);
        assert_text(rows[i].wanted, out.data, rows[i].wanted);
        buffer_free(&out);
        free(copy);
    }
}

static void five_characters_have_an_entity(void **state) {
    for (int c = 0; c < 256; c++) {
        bool special = c != 0 && strchr("&<>\"'", c) != NULL;
        assert_true((html_out_entity((char)c) != NULL) == special);
    }
}

static void failed_buffer_stays_failed(void **state) {
    struct buffer out = {.failed = true};
    html_out_text(&out, "a<b", 3);
    assert_true(out.failed);
    assert_int_equal(out.length, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(five_characters_have_an_entity),
        cmocka_unit_test(failed_buffer_stays_failed),
    };
    return cmocka_run_group_tests_name("html_out", tests, NULL, NULL);
}
