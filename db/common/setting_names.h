/* The names of both programs' settings, and how to tell a misspelt one. */
#ifndef EVENTHUB_SETTING_NAMES_H
#define EVENTHUB_SETTING_NAMES_H

#include <stdbool.h>

/* The setting that `name` seems to be a misspelling of; NULL if it is a setting's name, or resembles none. */
const char *setting_meant(const char *name);

/* Checks all names in the environment, which settings_read_file has put those of the file into. Returns false, after
 * naming each misspelt one on standard error, if there is any. */
bool setting_names_check(void);

#endif
