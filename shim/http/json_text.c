/* Whether a text is JSON (RFC 8259). Checked here because parsers differ, even from one version to the next. */
#include "shim/http/json_text.h"

#include <ctype.h>
#include <float.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "db/common/hex.h"
#include "db/common/text.h"

static const char not_json[] = "is not valid JSON";
static const char too_large[] = "contains a number that is too large";

/* What may come next. */
enum expectation {
    EXPECT_VALUE,
    EXPECT_VALUE_OR_END, /* after [ */
    EXPECT_NAME,
    EXPECT_NAME_OR_END, /* after { */
    EXPECT_COLON,
    EXPECT_COMMA_OR_END,
    EXPECT_NOTHING, /* the outermost value is complete */
};

struct scan {
    const char *at;
    const char *end;
    enum expectation expected;
    size_t depth;                    /* arrays and objects that are open */
    char brackets[JSON_TEXT_LEVELS]; /* each one's opening bracket, the outermost first */
    size_t members;
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

/* Scans what follows "\u" in a string. */
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

/* Scans a string after its opening quote, including the closing one. */
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
        return too_large; /* json-c 0.16 would clamp it to 64 bits, and 0.19 refuse it */
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

static bool expects_value(const struct scan *scan) {
    return scan->expected == EXPECT_VALUE || scan->expected == EXPECT_VALUE_OR_END;
}

static void value_is_complete(struct scan *scan) {
    scan->expected = scan->depth > 0 ? EXPECT_COMMA_OR_END : EXPECT_NOTHING;
}

static const char *open_bracket(struct scan *scan, char bracket) {
    if (!expects_value(scan))
        return not_json;
    scan->brackets[scan->depth++] = bracket;
    scan->expected = bracket == '{' ? EXPECT_NAME_OR_END : EXPECT_VALUE_OR_END;
    return NULL;
}

static const char *close_bracket(struct scan *scan, char bracket) {
    enum expectation empty = bracket == '{' ? EXPECT_NAME_OR_END : EXPECT_VALUE_OR_END;
    if (scan->depth == 0 || scan->brackets[scan->depth - 1] != bracket ||
        (scan->expected != EXPECT_COMMA_OR_END && scan->expected != empty))
        return not_json;
    scan->depth--;
    value_is_complete(scan);
    return NULL;
}

/* Checks that the colon or comma `c` may stand here. */
static const char *separator(struct scan *scan, char c) {
    if (scan->expected != (c == ':' ? EXPECT_COLON : EXPECT_COMMA_OR_END))
        return not_json;
    scan->expected = c == ',' && scan->brackets[scan->depth - 1] == '{' ? EXPECT_NAME : EXPECT_VALUE;
    return NULL;
}

static const char *name_or_string(struct scan *scan) {
    bool is_name = scan->expected == EXPECT_NAME || scan->expected == EXPECT_NAME_OR_END;
    if (!is_name && !expects_value(scan))
        return not_json;
    const char *fault = scan_string(scan);
    if (is_name) {
        scan->expected = EXPECT_COLON;
        scan->members++;
    } else {
        value_is_complete(scan);
    }
    return fault;
}

static const char *number_or_word(struct scan *scan, bool is_number) {
    if (!expects_value(scan))
        return not_json;
    const char *fault = is_number ? scan_number(scan) : scan_word(scan);
    value_is_complete(scan);
    return fault;
}

/* Scans one token, or one blank between two tokens. */
static const char *scan_token(struct scan *scan) {
    char c = *scan->at;

    if (c == '-' || isdigit((unsigned char)c))
        return number_or_word(scan, true);
    if (isalpha((unsigned char)c))
        return number_or_word(scan, false);
    scan->at++;
    switch (c) {
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return NULL;
    case '"':
        return name_or_string(scan);
    case '{':
    case '[':
        return open_bracket(scan, c);
    case '}':
        return close_bracket(scan, '{');
    case ']':
        return close_bracket(scan, '[');
    case ':':
    case ',':
        return separator(scan, c);
    default:
        return not_json;
    }
}

const char *json_text_fault(const char *text, size_t length, size_t *members) {
    struct scan scan = {.at = text, .end = text + length};
    const char *fault = NULL;
    size_t characters;
    bool blank;

    if (!text_measure(text, length, &characters, &blank))
        return "is not valid UTF-8";
    while (fault == NULL && scan.at < scan.end) {
        bool is_blank = strchr(" \t\r\n", *scan.at) != NULL;
        if (!is_blank && expects_value(&scan) && *scan.at != ']' && scan.depth == JSON_TEXT_LEVELS)
            fault = "is nested too deeply";
        else
            fault = scan_token(&scan);
    }
    *members = scan.members;
    return fault != NULL ? fault : scan.expected == EXPECT_NOTHING ? NULL : not_json;
}
