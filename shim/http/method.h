/* The methods of HTTP by their names. */
#ifndef EVENTHUB_METHOD_H
#define EVENTHUB_METHOD_H

#include <event2/http.h>
#include <stddef.h>

/* The method's name; "-" for one that is not HTTP's. */
const char *method_name(enum evhttp_cmd_type method);

/* Writes the names of `methods`, bits of evhttp_cmd_type, into `text` as the header Allow has them. */
void method_list(unsigned methods, char *text, size_t size);

#endif
