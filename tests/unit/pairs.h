/* Query strings and forms to be taken apart, and the pairs that they are to become. */
#ifndef EVENTHUB_TESTS_PAIRS_H
#define EVENTHUB_TESTS_PAIRS_H

#include "shim/http/pairs.h"
#include "tests/unit/unit.h"

#define BYTES(literal) (literal), sizeof(literal) - 1

static inline const struct pair *find(const struct pairs *pairs, const char *name) {
    for (size_t i = 0; i < pairs->count; i++) {
        if (strcmp(pairs->pair[i].name, name) == 0)
            return &pairs->pair[i];
    }
    return NULL;
}

static const char nul[] = "must not contain a NUL character";
static const char not_utf8[] = "is not valid UTF-8";
static const char too_many[] = "has too many parameters";
static const char no_form[] = "is not a valid form";

/* Both parse a copy of exactly that length, which is gone by the time that the pairs are looked at. */
static inline const char *urlencoded(struct pairs *pairs, const char *bytes, size_t length) {
    char *copy = exact_copy(bytes, length);
    const char *fault = pairs_parse_urlencoded(pairs, copy, length);
    free(copy);
    return fault;
}

static inline const char *multipart(struct pairs *pairs, const char *type, const char *bytes, size_t length) {
    char *copy = exact_copy(bytes, length);
    const char *fault = pairs_parse_multipart(pairs, type, copy, length);
    free(copy);
    return fault;
}

/* All pairs as "<name>=<value>;", to be compared at a glance. */
static inline void assert_pairs(const char *row, const struct pairs *pairs, const char *wanted) {
    char text[1024], *end = text;
    *end = '\0';
    for (size_t i = 0; i < pairs->count; i++) {
        const struct pair *pair = &pairs->pair[i];
        assert_number(row, (int64_t)strlen(pair->value), (int64_t)pair->length);
        end += snprintf(end, sizeof text - (size_t)(end - text), "<%s>=<%s>;", pair->name, pair->value);
    }
    assert_text(row, text, wanted);
}

#define PART(name, value) "\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"

#endif
