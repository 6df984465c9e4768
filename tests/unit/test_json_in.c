/* JSON from clients: valid documents are taken, and each hole of json-c's parser is closed. */
#include "shim/http/json_in.h"

#include <math.h>

#include "tests/unit/json_documents.h"

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
        cmocka_unit_test(number_is_read),
        cmocka_unit_test(integer_of_more_than_64_bits_is_refused),
        cmocka_unit_test(number_beyond_a_double_is_refused),
        cmocka_unit_test(malformed_number_is_refused),
        cmocka_unit_test(malformed_word_is_refused),
        cmocka_unit_test(malformed_structure_is_refused),
        cmocka_unit_test(document_that_is_no_object_is_refused),
        cmocka_unit_test(levels_are_limited_to_16),
        cmocka_unit_test(siblings_are_no_levels),
        cmocka_unit_test(many_members_are_counted_right),
        cmocka_unit_test(integer_beyond_a_double_is_refused),
    };
    return cmocka_run_group_tests_name("json_in", tests, NULL, NULL);
}
