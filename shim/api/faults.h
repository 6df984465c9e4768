/* What is wrong with the input of a request: one entry per bad field. */
#ifndef EVENTHUB_FAULTS_H
#define EVENTHUB_FAULTS_H

#include "db/common/buffer.h"
#include "shim/api/route.h"

enum {
    FAULTS_OWN = 20, /* a body may hold thousands of unknown members; nobody reads on after so many */
    FAULTS_MAXIMUM = FAULTS_OWN + ROUTE_FIELDS,
};

struct fault {
    enum place place;
    char *name;
    char *sentence;
};

/* Zero-initialised is empty. */
struct faults {
    struct fault entries[FAULTS_MAXIMUM];
    size_t count;
};

/* `problem` completes the sentence that begins with the name: "must not be blank". The other takes the whole of it. */
void faults_add(struct faults *faults, enum place place, const char *name, const char *problem);
void faults_add_sentence(struct faults *faults, enum place place, const char *name, const char *sentence);

/* Adds what the database says of a field, unless something is said of it already; in the order of the route's fields,
 * before what is none of them. */
void faults_merge(struct faults *faults, const struct route *route, enum place place, const char *name,
                  const char *sentence);

/* The first one's sentence. */
const char *faults_first(const struct faults *faults);

/* Appends the entries as the member `errors` of a JSON object, with a comma before it; nothing if there is none. */
void faults_write(struct buffer *out, const struct faults *faults);

void faults_free(struct faults *faults);

#endif
