/* Names with values, as query strings and forms carry them. */
#include "shim/http/pairs.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "db/common/hex.h"
#include "db/common/text.h"

/* Decodes %XX and "+" in place, ends the result with a NUL, and returns its length. A "%" without two digits stands for
 * itself. */
static size_t decode(char *text, size_t length) {
    char *to = text;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '%' && i + 2 < length && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
            *to++ = (char)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else {
            *to++ = text[i] == '+' ? ' ' : text[i];
        }
    }
    *to = '\0';
    return (size_t)(to - text);
}

static const char *add(struct pairs *pairs, const char *name, size_t name_length, const char *value, size_t length) {
    size_t characters;
    bool blank;

    if (pairs->count == PAIRS_LIMIT)
        return "has too many parameters";
    if (!text_measure(name, name_length, &characters, &blank) || !text_measure(value, length, &characters, &blank))
        return "is not valid UTF-8";
    if (memchr(name, '\0', name_length) != NULL || memchr(value, '\0', length) != NULL)
        return "must not contain a NUL character";
    pairs->pair[pairs->count++] = (struct pair){.name = name, .value = value, .length = length};
    return NULL;
}

/* Copies the text, so that it can be parsed in place; there is room for one NUL after it. */
static char *copy(struct pairs *pairs, const char *text, size_t length) {
    *pairs = (struct pairs){.text = malloc(length + 1)};
    if (pairs->text == NULL)
        return NULL;
    memcpy(pairs->text, text, length);
    pairs->text[length] = '\0';
    return pairs->text;
}

const char *pairs_parse_urlencoded(struct pairs *pairs, const char *text, size_t length) {
    const char *fault = NULL;
    char *at = copy(pairs, text, length);
    if (at == NULL)
        return "does not fit into memory";
    char *end = at + length;

    while (fault == NULL && at < end) {
        char *stop = memchr(at, '&', (size_t)(end - at));
        if (stop == NULL)
            stop = end;
        if (stop > at) {
            char *equals = memchr(at, '=', (size_t)(stop - at));
            char *name_end = equals != NULL ? equals : stop;
            char *value = equals != NULL ? equals + 1 : stop;
            /* The NUL after the name replaces its "=", and the one after the value its "&". */
            size_t value_length = decode(value, (size_t)(stop - value));
            fault = add(pairs, at, decode(at, (size_t)(name_end - at)), value, value_length);
        }
        at = stop + 1;
    }
    return fault;
}

/* Finds the parameter `name` in a header such as form-data; name="a"; filename="b". `value` points into the header and
 * has no quotes. False if there is no such parameter. */
static bool header_parameter(const char *header, size_t length, const char *name, const char **value, size_t *size) {
    size_t name_length = strlen(name);
    const char *end = header + length;
    const char *at = memchr(header, ';', length);

    while (at != NULL && at < end) {
        for (at++; at < end && (*at == ' ' || *at == '\t');)
            at++;
        bool found =
            (size_t)(end - at) > name_length && strncasecmp(at, name, name_length) == 0 && at[name_length] == '=';
        while (at < end && *at != '=' && *at != ';')
            at++;
        if (at == end || *at == ';')
            continue;
        at++;
        bool quoted = at < end && *at == '"';
        if (quoted)
            at++;
        const char *first = at;
        while (at < end && (quoted ? *at != '"' : *at != ';' && *at != ' ' && *at != '\r' && *at != '\n'))
            at++;
        if (found) {
            *value = first;
            *size = (size_t)(at - first);
            return true;
        }
        at = memchr(at, ';', (size_t)(end - at));
    }
    return false;
}

/* Adds one part: headers, an empty line, and the value up to `end`. */
static const char *add_part(struct pairs *pairs, char *at, char *end) {
    const char *name = NULL, *file;
    size_t name_length = 0, file_length;

    for (;;) {
        char *line_end = memmem(at, (size_t)(end - at), "\r\n", 2);
        if (line_end == NULL)
            return "is not a valid form";
        if (line_end == at)
            break;
        static const char disposition[] = "Content-Disposition:";
        size_t length = (size_t)(line_end - at);
        if (length > strlen(disposition) && strncasecmp(at, disposition, strlen(disposition)) == 0) {
            if (header_parameter(at, length, "filename", &file, &file_length))
                return NULL;
            if (!header_parameter(at, length, "name", &name, &name_length))
                return "is not a valid form";
        }
        at = line_end + 2;
    }
    if (name == NULL)
        return "is not a valid form";
    at += 2;
    *end = '\0';
    const char *fault = add(pairs, name, name_length, at, (size_t)(end - at));
    pairs->text[name - pairs->text + (ptrdiff_t)name_length] = '\0';
    return fault;
}

const char *pairs_parse_multipart(struct pairs *pairs, const char *content_type, const char *text, size_t length) {
    char delimiter[4 + 70 + 1] = "\r\n--"; /* a boundary has at most 70 characters (RFC 2046, section 5.1.1) */
    const char *boundary;
    size_t boundary_length;

    *pairs = (struct pairs){0};
    if (!header_parameter(content_type, strlen(content_type), "boundary", &boundary, &boundary_length) ||
        boundary_length == 0 || boundary_length > 70)
        return "is not a valid form";
    memcpy(delimiter + 4, boundary, boundary_length);
    size_t delimiter_length = 4 + boundary_length;

    char *at = copy(pairs, text, length);
    if (at == NULL)
        return "does not fit into memory";
    char *end = at + length;
    /* The first delimiter has no line end before it. */
    if (length < delimiter_length - 2 || memcmp(at, delimiter + 2, delimiter_length - 2) != 0)
        return "is not a valid form";
    at += delimiter_length - 2;
    const char *fault = NULL;
    while (fault == NULL) {
        if (end - at >= 2 && memcmp(at, "--", 2) == 0)
            break;
        if (end - at < 2 || memcmp(at, "\r\n", 2) != 0)
            return "is not a valid form";
        /* The search begins behind this line's end, because the next delimiter has a line end of its own. */
        char *next = memmem(at + 2, (size_t)(end - at - 2), delimiter, delimiter_length);
        if (next == NULL)
            return "is not a valid form";
        fault = add_part(pairs, at + 2, next);
        at = next + delimiter_length;
    }
    return fault;
}

void pairs_free(struct pairs *pairs) {
    free(pairs->text);
    *pairs = (struct pairs){0};
}
