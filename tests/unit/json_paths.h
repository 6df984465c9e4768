/* JSON that a unit test looks into by paths such as "content.0.value". */
#ifndef EVENTHUB_TESTS_UNIT_JSON_PATHS_H
#define EVENTHUB_TESTS_UNIT_JSON_PATHS_H

#include "db/common/buffer.h"
#include "shim/http/json_in.h"
#include "tests/unit/unit.h"

/* The bytes as JSON, to be released with json_object_put. */
static inline json_object *parsed(const struct buffer *out) {
    assert_false(out->failed);
    json_object *body;
    assert_null(json_in_parse(out->data, out->length, &body));
    return body;
}

/* The member at a path such as "content.0.value"; there has to be one. */
static inline json_object *at(json_object *value, const char *path) {
    char names[200], *rest = names;
    assert_true(strlen(path) < sizeof names);
    strcpy(names, path);
    for (char *name = strsep(&rest, "."); name != NULL; name = strsep(&rest, ".")) {
        if (json_object_is_type(value, json_type_array))
            value = json_object_array_get_idx(value, strtoul(name, NULL, 10));
        else
            assert_true(json_object_object_get_ex(value, name, &value));
        assert_non_null(value);
    }
    return value;
}

static inline void assert_string_at(json_object *body, const char *path, const char *wanted) {
    json_object *value = at(body, path);
    assert_true(json_object_is_type(value, json_type_string));
    assert_text(path, json_object_get_string(value), wanted);
    assert_int_equal(json_object_get_string_len(value), strlen(wanted));
}

/* How many members an object or an array has. */
static inline void assert_size_at(json_object *body, const char *path, size_t wanted) {
    json_object *value = *path != '\0' ? at(body, path) : body;
    bool is_array = json_object_is_type(value, json_type_array);
    size_t size = is_array ? json_object_array_length(value) : (size_t)json_object_object_length(value);
    assert_number(path, (int64_t)size, (int64_t)wanted);
}

#endif
