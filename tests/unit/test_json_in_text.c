/* JSON from clients: its strings and names, and documents that are cut or changed anywhere. */
#include "shim/http/json_in.h"

#include "tests/unit/json_documents.h"

static void string_is_unescaped(void **state) {
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        {"{\"a\":\"\"}", ""},
        {"{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "\"\\/\b\f\n\r\t"},
        {"{\"a\":\"\\u0041\\u00fc\\u00FC\\u20AC\"}", "A\xc3\xbc\xc3\xbc\xe2\x82\xac"},
        {"{\"a\":\"\\u0001\\u001f\\u007f\"}", "\x01\x1f\x7f"},
        {"{\"a\":\"\\ud83c\\udf9f\"}", "\xf0\x9f\x8e\x9f"},
        {"{\"a\":\"x\\uD83C\\uDF9Fy\"}", "x\xf0\x9f\x8e\x9fy"},
        {"{\"a\":\"\\ud800\\udc00\\udbff\\udfff\"}", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
        {"{\"a\":\"\\ud7ff\\ue000\\uffff\"}", "\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"},
        {"{\"a\":\"\\\\ud800\"}", "\\ud800"},
        {"{\"a\":\"\\\\u0000\"}", "\\u0000"},
        {"{\"a\":\"\xf0\x9f\x8e\x9f \xc3\xbc \x7f\"}", "\xf0\x9f\x8e\x9f \xc3\xbc \x7f"},
        {"{\"\\u0061\":\"x\"}", "x"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_object *object = parsed(rows[i].text), *member;
        assert_true(json_object_object_get_ex(object, "a", &member));
        assert_true(json_object_is_type(member, json_type_string));
        assert_text(rows[i].text, json_object_get_string(member), rows[i].wanted);
        json_object_put(object);
    }
}

static void malformed_string_is_refused(void **state) {
    static const char *const texts[] = {
        "{'a':1}",
        "{\"a\":'x'}",
        "{\"a':1}",
        "{\"a\":\"x'}",
        "{\"a\":\"x}",
        "{\"a\":\"\\x41\"}",
        "{\"a\":\"\\'\"}",
        "{\"a\":\"\\a\"}",
        "{\"a\":\"\\0\"}",
        "{\"a\":\"\\U0041\"}",
        "{\"a\":\"\\u\"}",
        "{\"a\":\"\\u004\"}",
        "{\"a\":\"\\u00g0\"}",
        "{\"a\":\"\\u 041\"}",
        "{\"a\":\"\\u+041\"}",
        "{\"a\":\"\\u-041\"}",
        "{\"a\":\"\\u0x41\"}",
        "{\"a\":\"\\\n\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\x01\"}",
        "{\"a\":\"\x1f\"}",
        "{\"a\n\":1}",
        "{\"a\":\"x\"\"y\"}",
        "{\"a\":\"\\\"}",
        "{`a`:1}",
    };
    assert_all_refused(texts, COUNT(texts), not_json);
}

static void duplicate_name_is_refused_at_any_depth(void **state) {
    static const char *const texts[] = {
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"a\":1}",
        "{\"a\":null,\"a\":null}",
        "{\"a\":1,\"b\":2,\"a\":3}",
        "{\"\":1,\"\":2}",
        "{\"a\":{},\"a\":{\"b\":1}}",
        "{\"a\":{\"b\":1,\"c\":2},\"a\":3}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"\\/\":1,\"/\":2}",
        "{\"\xc3\xbc\":1,\"\\u00fc\":2}",
        "{\"x\":{\"a\":1,\"a\":2}}",
        "{\"x\":[{\"a\":1,\"a\":2}]}",
        "{\"x\":[0,[{\"y\":{\"a\":1,\"b\":{},\"a\":2}}]]}",
        "{\"a:\":1,\"a:\":2}",
    };
    assert_all_refused(texts, COUNT(texts), twice);
}

static void invalid_utf8_is_refused(void **state) {
    static const char *const texts[] = {
        "{\"a\":\"\xff\"}",     "{\"a\":\"\xc0\xaf\"}",         "{\"\xed\xa0\x80\":1}",
        "{\"a\":\"\xe2\x82\"}", "{\"a\":\"\xf4\x90\x80\x80\"}", "{}\x80",
    };
    assert_all_refused(texts, COUNT(texts), not_utf8);
}

static void nul_is_refused(void **state) {
    static const char *const escaped[] = {"{\"a\":\"\\u0000\"}", "{\"a\":\"x\\u0000y\"}", "{\"a\\u0000b\":1}",
                                          "{\"\\u0000\":1}"};
    static const struct {
        const char *bytes;
        size_t length;
    } raw[] = {
        {BYTES("\0")},
        {BYTES("{}\0")},
        {BYTES("{\0}")},
        {BYTES("{\"a\":\"\0\"}")},
        {BYTES("{\"a\0\":1}")},
        {BYTES("{\"a\":1\0}")},
        {BYTES("{\"a\":\"\\\0\"}")},
        {BYTES("null\0")},
        {BYTES("{}\0garbage")},
    };
    assert_all_refused(escaped, COUNT(escaped), nul);
    for (size_t i = 0; i < COUNT(raw); i++) {
        json_object *object;
        assert_text(raw[i].bytes, parse_bytes(raw[i].bytes, raw[i].length, &object), not_json);
        assert_null(object);
    }
}

static void half_a_surrogate_pair_is_refused(void **state) {
    static const char *const texts[] = {
        "{\"a\":\"\\ud800\"}",        "{\"a\":\"\\udbff\"}",          "{\"a\":\"\\udc00\"}",
        "{\"a\":\"\\uDFFF\"}",        "{\"a\":\"\\ud83cx\"}",         "{\"a\":\"\\ud83c\\n\"}",
        "{\"a\":\"\\ud83c\\u0041\"}", "{\"a\":\"\\ud83c\\ud83c\"}",   "{\"a\":\"\\udf9f\\ud83c\"}",
        "{\"a\":\"\\ud83c\\ue000\"}", "{\"a\":\"\\ud83c\\\\udf9f\"}", "{\"\\ud83c\":1}",
        "{\"a\":\"\\ud83c\\udf9\"}",
    };
    assert_all_refused(texts, COUNT(texts), surrogate);
}

static void absent_text_is_refused(void **state) {
    json_object *object;
    assert_string_equal(json_in_parse(NULL, 0, &object), not_json);
    assert_null(object);
}

static void cut_document_is_refused(void **state) {
    static const char text[] = " {\"title\":\"Gr\xc3\xbc\xc3\x9f"
                               "e \\\"\\u20ac\\ud83c\\udf9f\\n\",\"seats\":-12.5e+2,"
                               "\"on\":[true,false,null,{\"a:b\":[]}],\"venue\":null,\"n\":9223372036854775807}";
    json_object_put(parsed(text));
    for (size_t length = 0; length < strlen(text); length++) {
        json_object *object;
        assert_non_null(parse_bytes(text, length, &object));
        assert_null(object);
    }
    static const char *const words[] = {"null", "true", "[]", "\"\\ud83c\\udf9f\"", "-1.5e+3"};
    for (size_t i = 0; i < COUNT(words); i++) {
        for (size_t length = 0; length < strlen(words[i]); length++) {
            json_object *object;
            assert_non_null(parse_bytes(words[i], length, &object));
        }
    }
}

static void document_with_one_byte_changed_never_crashes(void **state) {
    static const char text[] = "{\"a\":\"\\u20ac\\ud83c\\udf9f\\n\",\"b\":-12.5e+2,\"c\":[true,null,{\"d\":[]}]}";
    for (size_t i = 0; i < strlen(text); i++) {
        for (int byte = 0; byte <= 0xff; byte++) {
            char changed[sizeof text];
            memcpy(changed, text, sizeof text);
            changed[i] = (char)byte;
            json_object *object;
            const char *fault = parse_bytes(changed, strlen(text), &object);
            assert_true((fault == NULL) == (object != NULL));
            json_object_put(object);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(string_is_unescaped),
        cmocka_unit_test(malformed_string_is_refused),
        cmocka_unit_test(duplicate_name_is_refused_at_any_depth),
        cmocka_unit_test(invalid_utf8_is_refused),
        cmocka_unit_test(nul_is_refused),
        cmocka_unit_test(half_a_surrogate_pair_is_refused),
        cmocka_unit_test(absent_text_is_refused),
        cmocka_unit_test(cut_document_is_refused),
        cmocka_unit_test(document_with_one_byte_changed_never_crashes),
    };
    return cmocka_run_group_tests_name("json_in_text", tests, NULL, NULL);
}
