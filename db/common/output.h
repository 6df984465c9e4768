/* Standard output: makes sure that it is open, and that everything printed there was written. */
#ifndef EVENTHUB_OUTPUT_H
#define EVENTHUB_OUTPUT_H

#include <stdbool.h>

/* Call it before the program opens anything. */
void output_begin(void);

/* Call it before the program ends. Returns false, after saying so on standard error, if not everything that was printed
 * could be written: then the program has not done what it was asked for. */
bool output_finish(void);

#endif
