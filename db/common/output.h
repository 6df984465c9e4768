/* Standard output: that there is one, and that what a program has said there was written. */
#ifndef EVENTHUB_OUTPUT_H
#define EVENTHUB_OUTPUT_H

#include <stdbool.h>

/* To be called before a program opens anything. */
void output_begin(void);

/* To be called before a program ends. False, having said so on standard error, if not all of what was printed could be
 * written: then it has not done what it was asked for. */
bool output_finish(void);

#endif
