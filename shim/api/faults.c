/* What is wrong with the input of a request: one entry per bad field. */
#include "shim/api/faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/common/json_out.h"

enum { MAX_NAME_LENGTH = 64 };

static const char *place_name(enum place place) {
    return place == IN_PATH ? "path" : place == IN_QUERY ? "query" : "body";
}

static void insert(struct faults *faults, size_t at, enum place place, const char *name, const char *sentence) {
    memmove(&faults->entries[at + 1], &faults->entries[at], (faults->count - at) * sizeof faults->entries[0]);
    /* If memory is out the fault still counts, with empty texts. */
    faults->entries[at] = (struct fault){.place = place, .name = strdup(name), .sentence = strdup(sentence)};
    faults->count++;
}

void faults_add(struct faults *faults, enum place place, const char *name, const char *problem) {
    char sentence[256], clipped[MAX_NAME_LENGTH + 1];
    size_t length = strnlen(name, MAX_NAME_LENGTH);

    if (faults->count >= FAULTS_OWN)
        return;
    /* A name may come from the client, so it may be long: it is cut between two characters of UTF-8. */
    while (name[length] != '\0' && ((unsigned char)name[length] & 0xc0) == 0x80)
        length--;
    snprintf(clipped, sizeof clipped, "%.*s", (int)length, name);
    snprintf(sentence, sizeof sentence, "%s %s", clipped, problem);
    insert(faults, faults->count, place, clipped, sentence);
}

void faults_add_sentence(struct faults *faults, enum place place, const char *name, const char *sentence) {
    if (faults->count < FAULTS_MAXIMUM)
        insert(faults, faults->count, place, name, sentence);
}

static const char *words(const char *text) {
    return text != NULL ? text : "";
}

/* The field's position in its route; ROUTE_FIELDS if it is none of the route's fields. */
static size_t rank(const struct route *route, const char *name) {
    size_t at = 0;
    while (at < ROUTE_FIELDS && route->fields[at].name != NULL && strcmp(route->fields[at].name, name) != 0)
        at++;
    return at < ROUTE_FIELDS && route->fields[at].name == NULL ? ROUTE_FIELDS : at;
}

void faults_merge(struct faults *faults, const struct route *route, enum place place, const char *name,
                  const char *sentence) {
    size_t at = faults->count;

    for (size_t i = 0; i < faults->count; i++) {
        if (strcmp(words(faults->entries[i].name), name) == 0)
            return;
    }
    if (faults->count == FAULTS_MAXIMUM)
        return;
    while (at > 0 && rank(route, words(faults->entries[at - 1].name)) > rank(route, name))
        at--;
    insert(faults, at, place, name, sentence);
}

const char *faults_first(const struct faults *faults) {
    return faults->count > 0 ? words(faults->entries[0].sentence) : "";
}

void faults_write(struct buffer *out, const struct faults *faults) {
    if (faults->count == 0)
        return;
    buffer_text(out, ",\"errors\":[");
    for (size_t i = 0; i < faults->count; i++) {
        const struct fault *fault = &faults->entries[i];
        buffer_text(out, i > 0 ? ",{" : "{");
        json_out_member(out, "in", place_name(fault->place));
        json_out_member(out, "name", words(fault->name));
        json_out_member(out, "message", words(fault->sentence));
        buffer_text(out, "}");
    }
    buffer_text(out, "]");
}

void faults_free(struct faults *faults) {
    while (faults->count > 0) {
        struct fault *fault = &faults->entries[--faults->count];
        free(fault->name);
        free(fault->sentence);
    }
}
