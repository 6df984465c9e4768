/* From a member of a structure back to the structure that it is embedded in. */
#ifndef EVENTHUB_CONTAINER_OF_H
#define EVENTHUB_CONTAINER_OF_H

#include <stddef.h>

#define container_of(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
