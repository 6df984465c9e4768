/* JSON from clients: json-c's parser with its holes closed. */
#ifndef EVENTHUB_JSON_IN_H
#define EVENTHUB_JSON_IN_H

#include <json-c/json.h>
#include <stddef.h>

/* Parses a text that must be one JSON object (RFC 8259, I-JSON's unique names), or null, which counts as an empty
 * object. Returns NULL with `object` set, to be released with json_object_put; or what is wrong, a static string that
 * begins with a verb.
 *
 * Refused besides malformed text: invalid UTF-8, lone surrogates, NUL characters, duplicate names, numbers that no
 * double can hold, more than 16 levels. */
const char *json_in_parse(const char *text, size_t length, json_object **object);

#endif
