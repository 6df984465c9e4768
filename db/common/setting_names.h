/* The names of all settings, of both programs, and those that are only meant to be one. */
#ifndef EVENTHUB_SETTING_NAMES_H
#define EVENTHUB_SETTING_NAMES_H

#include <stdbool.h>

/* The setting that `name` seems to mean though it is written otherwise; NULL if it is one, or none at all. */
const char *setting_meant(const char *name);

/* Looks at all names in the environment, where settings_read_file has put those of the file. Returns false, having
 * named each misspelt one on standard error, if there is any. */
bool setting_names_check(void);

#endif
