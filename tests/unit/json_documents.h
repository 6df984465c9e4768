/* Documents to be parsed as JSON from clients are, and the faults that are found in them. */
#ifndef EVENTHUB_TESTS_JSON_DOCUMENTS_H
#define EVENTHUB_TESTS_JSON_DOCUMENTS_H

#include "shim/http/json_in.h"
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
static inline const char *parse_bytes(const char *bytes, size_t length, json_object **object) {
    char *copy = exact_copy(bytes, length);
    const char *fault = json_in_parse(copy, length, object);
    free(copy);
    return fault;
}

static inline json_object *parsed(const char *text) {
    json_object *object;
    assert_text(text, parse_bytes(text, strlen(text), &object), NULL);
    assert_true(json_object_is_type(object, json_type_object));
    return object;
}

static inline void assert_refused(const char *text, const char *fault) {
    json_object *object;
    assert_text(text, parse_bytes(text, strlen(text), &object), fault);
    assert_null(object);
}

static inline void assert_all_refused(const char *const *texts, size_t count, const char *fault) {
    for (size_t i = 0; i < count; i++)
        assert_refused(texts[i], fault);
}

#endif
