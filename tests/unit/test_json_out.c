/* JSON for clients: every character that has to be escaped is, and json-c reads back what was written. */
#include "db/common/json_out.h"

#include <json-c/json.h>

#include "tests/unit/unit.h"

#define BYTES(literal) (literal), sizeof(literal) - 1

/* What json_out_string appends, to be released with free(). */
static char *string(const char *text, size_t length) {
    struct buffer out = {0};
    json_out_string(&out, text, length);
    assert_false(out.failed);
    buffer_append(&out, "", 1);
    return out.data;
}

static void assert_read_back(const char *text, size_t length) {
    char *json = string(text, length);
    json_object *value = json_tokener_parse(json);
    assert_non_null(value);
    assert_true(json_object_is_type(value, json_type_string));
    assert_int_equal(json_object_get_string_len(value), length);
    assert_memory_equal(json_object_get_string(value), text, length);
    json_object_put(value);
    free(json);
}

static void text_is_quoted_and_escaped(void **state) {
    static const struct {
        const char *text;
        size_t length;
        const char *wanted;
    } rows[] = {
        {BYTES(""), "\"\""},
        {BYTES("abc"), "\"abc\""},
        {BYTES("\""), "\"\\\"\""},
        {BYTES("\\"), "\"\\\\\""},
        {BYTES("a\"b\\c"), "\"a\\\"b\\\\c\""},
        {BYTES("\"\"\\\\"), "\"\\\"\\\"\\\\\\\\\""},
        {BYTES("/"), "\"/\""},
        {BYTES("<b>&'"), "\"<b>&'\""},
        {BYTES("a\nb"), "\"a\\nb\""},
        {BYTES("\n"), "\"\\n\""},
        {BYTES("a\0b"), "\"a\\u0000b\""},
        {BYTES("\x7f"), "\"\x7f\""},
        {BYTES("gr\xc3\xbcn \xf0\x9f\x8e\x9f"), "\"gr\xc3\xbcn \xf0\x9f\x8e\x9f\""},
        {BYTES("%s%n"), "\"%s%n\""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *copy = exact_copy(rows[i].text, rows[i].length);
        char *json = string(copy, rows[i].length);
        assert_text(rows[i].wanted, json, rows[i].wanted);
        free(json);
        free(copy);
    }
}

static void every_control_character_is_escaped(void **state) {
    static const char *const wanted[0x20] = {
        "\"\\u0000\"", "\"\\u0001\"", "\"\\u0002\"", "\"\\u0003\"", "\"\\u0004\"", "\"\\u0005\"", "\"\\u0006\"",
        "\"\\u0007\"", "\"\\b\"",     "\"\\t\"",     "\"\\n\"",     "\"\\u000b\"", "\"\\f\"",     "\"\\r\"",
        "\"\\u000e\"", "\"\\u000f\"", "\"\\u0010\"", "\"\\u0011\"", "\"\\u0012\"", "\"\\u0013\"", "\"\\u0014\"",
        "\"\\u0015\"", "\"\\u0016\"", "\"\\u0017\"", "\"\\u0018\"", "\"\\u0019\"", "\"\\u001a\"", "\"\\u001b\"",
        "\"\\u001c\"", "\"\\u001d\"", "\"\\u001e\"", "\"\\u001f\""};
    for (size_t i = 0; i < COUNT(wanted); i++) {
        char *json = string(&(char){(char)i}, 1);
        assert_text(wanted[i], json, wanted[i]);
        free(json);
    }
}

static void what_needs_an_escape_gets_it_wherever_it_stands(void **state) {
    static const char special[] = {'"', '\\', '\0', '\x1f', '\n', '\x20', '\x7f'};
    char text[26];
    for (size_t length = 1; length <= sizeof text; length++) {
        for (size_t at = 0; at < length; at++) {
            for (size_t i = 0; i < sizeof special; i++) {
                memset(text, i % 2 == 0 ? 'a' : '~', sizeof text);
                text[at] = special[i];
                char *copy = exact_copy(text, length);
                assert_read_back(copy, length);
                free(copy);
            }
        }
    }
}

static void json_c_reads_back_what_was_written(void **state) {
    char ascii[0x80];
    for (size_t i = 0; i < sizeof ascii; i++)
        ascii[i] = (char)i;
    assert_read_back(ascii, sizeof ascii);
    for (size_t i = 0; i < sizeof ascii; i++) {
        assert_read_back(&ascii[i], 1);
        const char around[] = {'x', ascii[i], 'y', ascii[i]};
        assert_read_back(around, sizeof around);
    }
    assert_read_back(BYTES("\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
    assert_read_back(BYTES("\xe2\x80\xa8\xe2\x80\xa9")); /* line separators, which old JavaScript tripped over */
}

static void members_are_parted_by_commas(void **state) {
    struct buffer out = {0};
    json_out_member(&out, "one", "1");
    buffer_append(&out, "", 1);
    assert_string_equal(out.data, "\"one\":\"1\"");
    buffer_clear(&out);

    buffer_text(&out, "{");
    json_out_member(&out, "one", "1");
    json_out_member(&out, "t\"wo", "{");
    json_out_member(&out, "", "");
    buffer_text(&out, "}");
    buffer_append(&out, "", 1);
    assert_string_equal(out.data, "{\"one\":\"1\",\"t\\\"wo\":\"{\",\"\":\"\"}");
    buffer_free(&out);
}

static void failed_buffer_stays_failed(void **state) {
    struct buffer out = {.failed = true};
    json_out_member(&out, "name", "text\n");
    assert_true(out.failed);
    assert_int_equal(out.length, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_quoted_and_escaped),
        cmocka_unit_test(every_control_character_is_escaped),
        cmocka_unit_test(what_needs_an_escape_gets_it_wherever_it_stands),
        cmocka_unit_test(json_c_reads_back_what_was_written),
        cmocka_unit_test(members_are_parted_by_commas),
        cmocka_unit_test(failed_buffer_stays_failed),
    };
    return cmocka_run_group_tests_name("json_out", tests, NULL, NULL);
}
