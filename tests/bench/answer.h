/* The head of an HTTP answer: as much of it as a load client has to know. */
#ifndef EVENTHUB_BENCH_ANSWER_H
#define EVENTHUB_BENCH_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

struct answer {
    int status;
    size_t head; /* bytes, the empty line included */
    size_t body; /* bytes that follow, or are to follow */
    bool last;   /* the server closes the connection after it */
};

enum answer_state { ANSWER_COMPLETE, ANSWER_PARTIAL, ANSWER_BROKEN };

/* Reads the head that `data` begins with. One without Content-Length is broken, because the shim writes none. */
enum answer_state answer_read(struct answer *answer, const char *data, size_t length);

#endif
