/* JSON from clients: valid documents are taken, and each hole of json-c's parser is closed. */
#include "shim/http/json_in.h"

#include <math.h>

#include "tests/unit/unit.h"

#define BYTES(literal) (literal), sizeof(literal) - 1

static const char not_json[] = "is not valid JSON";
static const char not_utf8[] = "is not valid UTF-8";
static const char no_object[] = "must be a JSON object";
static const char nul[] = "must not contain a NUL character";
static const char surrogate[] = "contains half of a surrogate pair";
static const char twice[] = "names a member twice";
static const char too_large[] = "contains a number that is too large";
static const char too_deep[] = "is nested too deeply";

/* Parses a copy of exactly that length. */
static const char *parse_bytes(const char *bytes, size_t length, json_object **object) {
    char *copy = exact_copy(bytes, length);
    const char *fault = json_in_parse(copy, length, object);
    free(copy);
    return fault;
}

static json_object *parsed(const char *text) {
    json_object *object;
    assert_text(text, parse_bytes(text, strlen(text), &object), NULL);
    assert_true(json_object_is_type(object, json_type_object));
    return object;
}

static void assert_refused(const char *text, const char *fault) {
    json_object *object;
    assert_text(text, parse_bytes(text, strlen(text), &object), fault);
    assert_null(object);
}

static void assert_all_refused(const char *const *texts, size_t count, const char *fault) {
    for (size_t i = 0; i < count; i++)
        assert_refused(texts[i], fault);
}

static void valid_document_is_taken(void **state) {
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        {"{}", "{}"},
        {" \t\r\n{ \t\r\n} \t\r\n", "{}"},
        {"null", "{}"},
        {" null\n", "{}"},
        {"{\"a\":1}", "{\"a\":1}"},
        {"\n{\r\n\t\"a\" :\t1 ,\n\"b\": [ ] ,\"c\" : { }\n}\n", "{\"a\":1,\"b\":[],\"c\":{}}"},
        {"{\"a\":null,\"b\":true,\"c\":false}", "{\"a\":null,\"b\":true,\"c\":false}"},
        {"{\"a\":[1,\"x\",null,{\"b\":[[]]}]}", "{\"a\":[1,\"x\",null,{\"b\":[[]]}]}"},
        {"{\"\":0}", "{\"\":0}"},
        {"{\"a:b\":\"c:d\",\"{\":\"}:[\"}", "{\"a:b\":\"c:d\",\"{\":\"}:[\"}"},
        {"{\"a\":\"\\\":\\\"\"}", "{\"a\":\"\\\":\\\"\"}"},
        {"{\"a\":\"'\"}", "{\"a\":\"'\"}"},
        {"{\"a\":\"/* no comment */ // none\"}", "{\"a\":\"/* no comment */ // none\"}"},
        {"{\"a\":{\"x\":1},\"b\":{\"x\":2},\"x\":3}", "{\"a\":{\"x\":1},\"b\":{\"x\":2},\"x\":3}"},
        {"{\"J\xc3\xb6rg\":\"Caf\xc3\xa9\"}", "{\"J\xc3\xb6rg\":\"Caf\xc3\xa9\"}"},
        {"{\"a\":1,\"A\":2,\"a \":3}", "{\"a\":1,\"A\":2,\"a \":3}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_object *object = parsed(rows[i].text);
        assert_text(rows[i].text,
                    json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
                    rows[i].wanted);
        json_object_put(object);
    }
}

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

static void number_is_read(void **state) {
    static const struct {
        const char *text;
        json_type type;
        double wanted;
    } rows[] = {
        {"{\"a\":0}", json_type_int, 0},
        {"{\"a\":-0}", json_type_int, 0},
        {"{\"a\":-7}", json_type_int, -7},
        {"{\"a\":10}", json_type_int, 10},
        {"{\"a\":9223372036854775807}", json_type_int, 9223372036854775807.0},
        {"{\"a\":-9223372036854775808}", json_type_int, -9223372036854775808.0},
        {"{\"a\":0.5}", json_type_double, 0.5},
        {"{\"a\":-0.25e1}", json_type_double, -2.5},
        {"{\"a\":1e2}", json_type_double, 100},
        {"{\"a\":1E+2}", json_type_double, 100},
        {"{\"a\":25e-1}", json_type_double, 2.5},
        {"{\"a\":0e0}", json_type_double, 0},
        {"{\"a\":1e308}", json_type_double, 1e308},
        {"{\"a\":-1.7976931348623157e308}", json_type_double, -1.7976931348623157e308},
        {"{\"a\":1e-999}", json_type_double, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_object *object = parsed(rows[i].text), *member;
        assert_true(json_object_object_get_ex(object, "a", &member));
        assert_number(rows[i].text, json_object_get_type(member), rows[i].type);
        if (fabs(json_object_get_double(member) - rows[i].wanted) > 0)
            fail_msg("%s: %g", rows[i].text, json_object_get_double(member));
        json_object_put(object);
    }
}

static void integer_of_more_than_64_bits_is_refused(void **state) {
    static const char *const texts[] = {
        "{\"a\":99999999999999999999}",
        "{\"a\":9223372036854775808}",
        "{\"a\":-99999999999999999999}",
    };
    assert_all_refused(texts, COUNT(texts), too_large);
}

static void number_beyond_a_double_is_refused(void **state) {
    static const char *const texts[] = {
        "{\"a\":1e309}",
        "{\"a\":-1e309}",
        "{\"a\":1e999}",
        "{\"a\":1E+99999999999}",
        "{\"a\":[1,{\"b\":2e400}]}",
        "{\"a\":1.8e308,\"b\":1}",
    };
    assert_all_refused(texts, COUNT(texts), too_large);
}

static void malformed_number_is_refused(void **state) {
    static const char *const texts[] = {
        "{\"a\":+1}",      "{\"a\":01}",    "{\"a\":-01}",   "{\"a\":00}",       "{\"a\":1.}",    "{\"a\":.5}",
        "{\"a\":-}",       "{\"a\":-.5}",   "{\"a\":1e}",    "{\"a\":1e+}",      "{\"a\":1e+-1}", "{\"a\":1.e1}",
        "{\"a\":0x10}",    "{\"a\":1f}",    "{\"a\":1_000}", "{\"a\":1 000}",    "{\"a\":1,000}", "{\"a\":--1}",
        "{\"a\":1-1}",     "{\"a\":1.2.3}", "{\"a\":1e1e1}", "{\"a\":12abc}",    "{\"a\":1true}", "{\"a\":1\"x\"}",
        "{\"a\":1null}",   "{\"a\":1[]}",   "{\"a\":1e1.5}", "{\"a\":- 1}",      "{\"a\":-a}",    "{\"a\":1-}",
        "{\"a\":NaN}",     "{\"a\":nan}",   "{\"a\":-NaN}",  "{\"a\":Infinity}", "{\"a\":inf}",   "{\"a\":-Infinity}",
        "{\"a\":[1,NaN]}", "{\"a\":1I}",    "{\"a\":-I}",    "{\"a\":1Infinity}"};
    assert_all_refused(texts, COUNT(texts), not_json);
}

static void malformed_word_is_refused(void **state) {
    static const char *const texts[] = {
        "{\"a\":True}",      "{\"a\":TRUE}",  "{\"a\":FALSE}",      "{\"a\":Null}", "{\"a\":nul}",
        "{\"a\":tru}",       "{\"a\":truex}", "{\"a\":nulls}",      "{\"a\":x}",    "{\"a\":undefined}",
        "{\"a\":truefalse}", "{\"a\":true1}", "{\"a\":true \"x\"}", "NULL",         "nullnull",
        "null null",         "{a:1}",         "{true:1}",           "{null:1}",     "{1:1}",
    };
    assert_all_refused(texts, COUNT(texts), not_json);
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

static void malformed_structure_is_refused(void **state) {
    static const char *const texts[] = {
        "",
        " ",
        "\n",
        "{",
        "}",
        "[",
        "]",
        "{]",
        "[}",
        "{}}",
        "{}{}",
        "{} {}",
        "{}x",
        "{}null",
        "{},",
        "{}:",
        "{}\"\"",
        "{,}",
        "{:}",
        "{:1}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\" 1}",
        "{\"a\"::1}",
        "{\"a\":1:2}",
        "{\"a\":1,}",
        "{,\"a\":1}",
        "{\"a\":1,,\"b\":2}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1;\"b\":2}",
        "{\"a\"=1}",
        "{\"a\":[1,]}",
        "{\"a\":[,1]}",
        "{\"a\":[1,,2]}",
        "{\"a\":[1 2]}",
        "{\"a\":[1:2]}",
        "{\"a\":[\"b\":1]}",
        "{\"a\":(1)}",
        "{\"a\":1]",
        "{\"a\":[1}",
        "{\"a\":/* comment */1}",
        "{} // comment",
        "/**/{}",
        "# comment\n{}",
        "\v{}",
        "\f{}",
        "{\v}",
        "\xef\xbb\xbf{}", /* the byte order mark */
        "\xc2\xa0{}",
        "{\"a\":\xc3\xbc}",
        "\x7f{}",
        ")]}',{}",
    };
    assert_all_refused(texts, COUNT(texts), not_json);
}

static void document_that_is_no_object_is_refused(void **state) {
    static const char *const texts[] = {"[]", "[1]", "[{}]", "\"a\"", "\"\"", "1", "-1.5", " 0 ", "true", "false"};
    assert_all_refused(texts, COUNT(texts), no_object);
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

/* A document of so many values one in the other, "{" and "[" being the first and the others. */
static char *nested(size_t levels, bool arrays, const char *innermost) {
    char *text = calloc(1, levels * 7 + 32), *end = text;
    assert_non_null(text);
    for (size_t i = 1; i < levels; i++)
        end = stpcpy(end, arrays && i > 1 ? "[" : "{\"a\":");
    end = stpcpy(end, innermost);
    for (size_t i = levels - 1; i > 0; i--)
        end = stpcpy(end, arrays && i > 1 ? "]" : "}");
    return text;
}

static void levels_are_limited_to_16(void **state) {
    static const char *const innermost[] = {"{}", "[]", "1", "\"x\"", "null"};
    for (size_t i = 0; i < COUNT(innermost); i++) {
        for (int arrays = 0; arrays <= 1; arrays++) {
            char *most = nested(16, arrays, innermost[i]), *more = nested(17, arrays, innermost[i]);
            json_object_put(parsed(most));
            assert_refused(more, too_deep);
            free(most);
            free(more);
        }
    }
    char *deep = nested(100000, true, "1");
    assert_refused(deep, too_deep);
    free(deep);
}

static void siblings_are_no_levels(void **state) {
    char text[2048] = "{\"a\":[", *end = text + strlen(text);
    for (size_t i = 0; i < 100; i++)
        end = stpcpy(end, "[[]],{},");
    stpcpy(end, "0]}");
    json_object_put(parsed(text));
}

static void many_members_are_counted_right(void **state) {
    enum { MEMBERS = 3000 };
    char *text = malloc(MEMBERS * 20), *end = text;
    assert_non_null(text);
    for (size_t i = 0; i < MEMBERS; i++)
        end += sprintf(end, "%s\"m%zu\":%zu", i == 0 ? "{" : ",", i, i);
    strcpy(end, "}");
    json_object *object = parsed(text);
    assert_int_equal(json_object_object_length(object), MEMBERS);
    json_object_put(object);
    strcpy(end, ",\"m1500\":0}");
    assert_refused(text, twice);
    free(text);
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

static void integer_beyond_a_double_is_refused(void **state) {
    char text[500] = "{\"a\":1", *end = text + strlen(text);
    memset(end, '0', 400);
    strcpy(end + 400, "}");
    json_object *object;
    const char *fault = parse_bytes(text, strlen(text), &object);
    json_object_put(object);
    assert_text("1 and 400 noughts", fault, too_large);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_document_is_taken),
        cmocka_unit_test(string_is_unescaped),
        cmocka_unit_test(number_is_read),
        cmocka_unit_test(integer_of_more_than_64_bits_is_refused),
        cmocka_unit_test(number_beyond_a_double_is_refused),
        cmocka_unit_test(malformed_number_is_refused),
        cmocka_unit_test(malformed_word_is_refused),
        cmocka_unit_test(malformed_string_is_refused),
        cmocka_unit_test(malformed_structure_is_refused),
        cmocka_unit_test(document_that_is_no_object_is_refused),
        cmocka_unit_test(duplicate_name_is_refused_at_any_depth),
        cmocka_unit_test(invalid_utf8_is_refused),
        cmocka_unit_test(nul_is_refused),
        cmocka_unit_test(half_a_surrogate_pair_is_refused),
        cmocka_unit_test(levels_are_limited_to_16),
        cmocka_unit_test(siblings_are_no_levels),
        cmocka_unit_test(many_members_are_counted_right),
        cmocka_unit_test(absent_text_is_refused),
        cmocka_unit_test(cut_document_is_refused),
        cmocka_unit_test(document_with_one_byte_changed_never_crashes),
        cmocka_unit_test(integer_beyond_a_double_is_refused),
    };
    return cmocka_run_group_tests_name("json_in", tests, NULL, NULL);
}
