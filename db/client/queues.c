/* Queues of jobs, each found by the call that its jobs have in common. */
#include "db/client/queues.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare_numbers(int64_t a, int64_t b) {
    return (a > b) - (a < b);
}

static int compare_values(const struct db_value *a, const struct db_value *b) {
    if (a->type != b->type)
        return compare_numbers(a->type, b->type);
    switch (a->type) {
    case DB_NULL:
        return 0;
    case DB_INTEGER:
    case DB_BOOLEAN:
        return compare_numbers(a->integer, b->integer);
    case DB_DATETIME:
        return compare_numbers(a->seconds, b->seconds);
    case DB_TEXT:
        if (a->text.length != b->text.length)
            return a->text.length < b->text.length ? -1 : 1;
        return memcmp(a->text.bytes, b->text.bytes, a->text.length);
    }
    return 0;
}

static int compare_queues(const void *left, const void *right) {
    const struct db_queue *a = left, *b = right;
    const struct db_call *one = a->key, *other = b->key;

    int order = compare_numbers(a->type, b->type);
    if (order == 0)
        order = strcmp(one->procedure, other->procedure);
    if (order != 0)
        return order;
    if (a->type == DB_QUEUE_ROW)
        return compare_values(&one->arguments[one->subject], &other->arguments[other->subject]);
    /* One that is quick must not wait for those that are heavy, although it would get the same answer. */
    order = compare_numbers(one->kind, other->kind);
    if (order == 0)
        order = compare_numbers((int64_t)one->argument_count, (int64_t)other->argument_count);
    for (size_t i = 0; order == 0 && i < one->argument_count; i++)
        order = compare_values(&one->arguments[i], &other->arguments[i]);
    return order;
}

struct db_queue *db_queues_find(const struct db_queues *queues, enum db_queue_type type, const struct db_call *call) {
    const struct db_queue wanted = {.type = type, .key = call};
    struct db_queue *const *found = tfind(&wanted, &queues->tree, compare_queues);

    return found != NULL ? *found : NULL;
}

struct db_queue *db_queues_add(struct db_queues *queues, enum db_queue_type type, const struct db_call *call) {
    struct db_queue *queue = calloc(1, sizeof *queue);

    if (queue == NULL)
        return NULL;
    queue->type = type;
    queue->key = call;
    db_jobs_init(&queue->waiting);
    if (tsearch(queue, &queues->tree, compare_queues) == NULL) {
        free(queue);
        return NULL;
    }
    return queue;
}

void db_queues_drop(struct db_queues *queues, struct db_queue *queue) {
    tdelete(queue, &queues->tree, compare_queues);
    free(queue);
}
