/* JSON from clients: json-c builds the tree of a text that json_text has found to be JSON. */
#include "shim/http/json_in.h"

#include <math.h>
#include <stdbool.h>

#include "shim/http/json_text.h"

/* Counts the members of all objects. False if a number is beyond what a double can hold. */
/* NOLINTNEXTLINE(misc-no-recursion): a text has at most JSON_TEXT_LEVELS levels. */
static bool count_members(json_object *value, size_t *members) {
    bool good = true;

    switch (json_object_get_type(value)) {
    case json_type_object: {
        json_object_object_foreach(value, name, member) {
            (void)name;
            ++*members;
            good = count_members(member, members) && good;
        }
        return good;
    }
    case json_type_array:
        for (size_t i = 0; i < json_object_array_length(value); i++)
            good = count_members(json_object_array_get_idx(value, i), members) && good;
        return good;
    case json_type_double:
        return isfinite(json_object_get_double(value));
    default:
        return true;
    }
}

/* Builds the tree of a text that is known to be JSON; for the text `null` it is NULL. `good` becomes false only if
 * memory is out. No flags, because JSON_TOKENER_STRICT refuses more with each version of json-c: in 0.18 even letters
 * that are not ASCII. */
static json_object *build(const char *text, size_t length, bool *good) {
    /* json-c counts the value inside the innermost brackets as one more level. */
    json_tokener *tokener = json_tokener_new_ex(JSON_TEXT_LEVELS + 1);
    json_object *value = NULL;

    *good = false;
    if (tokener == NULL)
        return NULL;
    value = json_tokener_parse_ex(tokener, text, (int)length);
    /* json-c cannot tell that a value without a closing bracket, such as null, is complete before something follows
     * it. */
    if (json_tokener_get_error(tokener) == json_tokener_continue)
        value = json_tokener_parse_ex(tokener, " ", 1);
    *good = json_tokener_get_error(tokener) == json_tokener_success;
    json_tokener_free(tokener);
    return value;
}

const char *json_in_parse(const char *text, size_t length, json_object **object) {
    size_t named, members = 0;
    bool good;

    *object = NULL;
    const char *fault = json_text_fault(text, length, &named);
    if (fault != NULL)
        return fault;
    json_object *value = build(text, length, &good);
    if (!good)
        fault = "cannot be read";
    else if (value == NULL)
        value = json_object_new_object();
    else if (!json_object_is_type(value, json_type_object))
        fault = "must be a JSON object";
    else if (!count_members(value, &members))
        fault = "contains a number that is too large";
    else if (members != named) /* json-c keeps only the last of several members with the same name */
        fault = "names a member twice";
    if (fault != NULL) {
        json_object_put(value);
        return fault;
    }
    *object = value;
    return NULL;
}
