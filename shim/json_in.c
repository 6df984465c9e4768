/* JSON from clients: json-c's parser with its holes closed. */
#include "json_in.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "../db/common/hex.h"
#include "../db/common/text.h"

enum { MAX_DEPTH = 16 };

static const char not_json[] = "is not valid JSON";
static const char too_large[] = "contains a number that is too large";

/* json-c 0.16 accepts more than JSON even when told to be strict: single quotes, NaN, +1, control characters and broken
 * escapes in strings, and it keeps the last of two equal names. So a scan of the tokens comes first. It looks at what
 * tokens there are and leaves their order to json-c. */
struct scan {
    const char *at;
    const char *end;
    size_t colons; /* outside strings: as many as there are members, if no name comes twice */
};

static bool hex4(const char *at, const char *end, unsigned *unit) {
    *unit = 0;
    if (end - at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0)
            return false;
        *unit = *unit * 16 + (unsigned)digit;
    }
    return true;
}

/* The part of an escape after "\u". */
static const char *scan_unicode(struct scan *scan) {
    unsigned unit, second;

    if (!hex4(scan->at, scan->end, &unit))
        return not_json;
    scan->at += 4;
    if (unit == 0)
        return "must not contain a NUL character";
    if (unit < 0xd800 || unit > 0xdfff)
        return NULL;
    if (unit > 0xdbff || scan->end - scan->at < 6 || scan->at[0] != '\\' || scan->at[1] != 'u' ||
        !hex4(scan->at + 2, scan->end, &second) || second < 0xdc00 || second > 0xdfff)
        return "contains half of a surrogate pair";
    scan->at += 6;
    return NULL;
}

/* The part of a string after its opening quote, closing quote included. */
static const char *scan_string(struct scan *scan) {
    while (scan->at < scan->end) {
        unsigned char c = (unsigned char)*scan->at++;
        if (c == '"')
            return NULL;
        if (c < 0x20)
            return not_json;
        if (c != '\\')
            continue;
        if (scan->at == scan->end)
            return not_json;
        char escape = *scan->at++;
        if (escape == 'u') {
            const char *fault = scan_unicode(scan);
            if (fault != NULL)
                return fault;
        } else if (escape == '\0' || strchr("\"\\/bfnrt", escape) == NULL) {
            return not_json;
        }
    }
    return not_json;
}

static bool take_digits(struct scan *scan) {
    const char *first = scan->at;
    while (scan->at < scan->end && isdigit((unsigned char)*scan->at))
        scan->at++;
    return scan->at > first;
}

static bool fits_64_bits(const char *first, const char *end, int sign) {
    int64_t value = 0;
    for (const char *at = first; at < end; at++) {
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, sign * (*at - '0'), &value))
            return false;
    }
    return true;
}

/* number = [ - ] int [ . digits ] [ e [ + | - ] digits ], int without leading zeros (RFC 8259, section 6) */
static const char *scan_number(struct scan *scan) {
    int sign = *scan->at == '-' ? -1 : 1;
    if (sign < 0)
        scan->at++;
    const char *first = scan->at;
    if (!take_digits(scan) || (*first == '0' && scan->at > first + 1))
        return not_json;
    bool is_integer = scan->at == scan->end || strchr(".eE", *scan->at) == NULL;
    if (is_integer && !fits_64_bits(first, scan->at, sign))
        return too_large; /* json-c 0.16 makes it the nearest 64-bit number, 0.19 calls it no JSON */
    if (scan->at - first > DBL_MAX_10_EXP)
        return too_large;
    if (scan->at < scan->end && *scan->at == '.') {
        scan->at++;
        if (!take_digits(scan))
            return not_json;
    }
    if (scan->at < scan->end && (*scan->at == 'e' || *scan->at == 'E')) {
        scan->at++;
        if (scan->at < scan->end && (*scan->at == '+' || *scan->at == '-'))
            scan->at++;
        if (!take_digits(scan))
            return not_json;
    }
    return NULL;
}

static const char *scan_word(struct scan *scan) {
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(scan->end - scan->at) >= length && memcmp(scan->at, words[i], length) == 0) {
            scan->at += length;
            return NULL;
        }
    }
    return not_json;
}

static const char *scan_tokens(struct scan *scan) {
    const char *fault = NULL;
    while (fault == NULL && scan->at < scan->end) {
        char c = *scan->at;
        if (c == '"') {
            scan->at++;
            fault = scan_string(scan);
        } else if (c == '-' || isdigit((unsigned char)c)) {
            fault = scan_number(scan);
        } else if (isalpha((unsigned char)c)) {
            fault = scan_word(scan);
        } else if (c != '\0' && strchr("{}[],: \t\r\n", c) != NULL) {
            scan->colons += c == ':';
            scan->at++;
        } else {
            fault = not_json;
        }
    }
    return fault;
}

/* Counts the members of all objects and looks at each number; false if one is beyond what a double can hold. */
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

const char *json_in_parse(const char *text, size_t length, json_object **object) {
    struct scan scan = {.at = text, .end = text + length};
    size_t characters, members = 0;
    bool blank;

    *object = NULL;
    if (!text_measure(text, length, &characters, &blank))
        return "is not valid UTF-8";
    const char *fault = scan_tokens(&scan);
    if (fault != NULL)
        return fault;

    json_tokener *tokener = json_tokener_new_ex(MAX_DEPTH);
    if (tokener == NULL)
        return "does not fit into memory";
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    json_object *value = json_tokener_parse_ex(tokener, text, (int)length);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    /* A value without a closing bracket, such as null, is only known to be complete when something follows it. */
    if (error == json_tokener_continue) {
        value = json_tokener_parse_ex(tokener, " ", 1);
        error = json_tokener_get_error(tokener);
    } else if (error == json_tokener_success) {
        for (size_t i = json_tokener_get_parse_end(tokener); i < length; i++) {
            if (strchr(" \t\r\n", text[i]) == NULL)
                fault = not_json;
        }
    }
    json_tokener_free(tokener);

    if (error == json_tokener_error_depth)
        fault = "is nested too deeply";
    else if (error != json_tokener_success)
        fault = not_json;
    else if (value == NULL)
        value = json_object_new_object();
    else if (!json_object_is_type(value, json_type_object))
        fault = "must be a JSON object";
    else if (!count_members(value, &members))
        fault = too_large;
    else if (members != scan.colons)
        fault = "names a member twice";
    if (fault != NULL) {
        json_object_put(value);
        return fault;
    }
    *object = value;
    return NULL;
}
