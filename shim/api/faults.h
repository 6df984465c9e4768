/* What is wrong with the input of a request: one entry per bad field. */
#ifndef EVENTHUB_FAULTS_H
#define EVENTHUB_FAULTS_H

#include <stddef.h>

#include "db/common/buffer.h"
#include "shim/api/route.h"

enum {
    FAULTS_OWN = 20, /* a body may hold thousands of unknown members, and nobody reads so many faults */
    FAULTS_MAXIMUM = FAULTS_OWN + ROUTE_FIELDS,
};

struct fault {
    enum place place;
    char *name;
    char *sentence;
};

/* Empty when zero-initialised. */
struct faults {
    struct fault entries[FAULTS_MAXIMUM];
    size_t count;
};

/* faults_add: `problem` completes a sentence that begins with the name, such as "must not be blank".
 * faults_add_sentence: `sentence` is the whole of it. Both copy their texts, and drop what is too much. */
void faults_add(struct faults *faults, enum place place, const char *name, const char *problem);
void faults_add_sentence(struct faults *faults, enum place place, const char *name, const char *sentence);

/* Adds what the database says of a field, unless the field has an entry already. The entry is placed in the order of
 * the route's fields; names that are none of them come last. */
void faults_merge(struct faults *faults, const struct route *route, enum place place, const char *name,
                  const char *sentence);

/* The sentence of the first entry; "" if there is none. */
const char *faults_first(const struct faults *faults);

/* Appends the entries as the member `errors` of a JSON object, with a comma before it; nothing if there is none. */
void faults_write(struct buffer *out, const struct faults *faults);

void faults_free(struct faults *faults);

#endif
