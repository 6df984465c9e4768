/* Settings of a program: a table of names, read from the environment and a .env file. */
#ifndef EVENTHUB_SETTINGS_H
#define EVENTHUB_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

enum setting_type {
    SETTING_TEXT,   /* a char *, which receives a copy, to be freed by settings_free */
    SETTING_NUMBER, /* a long, in minimum..maximum */
};

/* One row. The value goes to a member of the program's own structure of settings. */
struct setting {
    const char *name;
    const char *fallback; /* the value when it is not set; NULL: it has to be set */
    const char *help;     /* one line for --help: what it is, its unit */
    const char *remedy;   /* one sentence for when the value is missing or wrong: what to do */
    enum setting_type type;
    size_t offset; /* of the member in that structure */
    long minimum;
    long maximum;
    bool secret; /* never printed */
    /* Says what is wrong with a text, as a verb and what follows it, or returns NULL. The answer is static, and good
     * until the next call. `fault` may be NULL. */
    const char *(*fault)(const char *value);
};

/* What a row says of the member: `.type` and `.offset`. */
#define SETTING_TEXT_AT(structure, member) .type = SETTING_TEXT, .offset = offsetof(structure, member)
#define SETTING_NUMBER_AT(structure, member) .type = SETTING_NUMBER, .offset = offsetof(structure, member)

/* Reads the file at `path` into the environment: lines NAME=value as in a shell, with comments behind '#'. A name that
 * is set already keeps its value. A file that does not exist is no error. Returns false, after saying why on standard
 * error, if it cannot be read or a line is not understood. */
bool settings_read_file(const char *path);

/* Fills each row's member of the zero-initialised structure at `target`. Returns false, after naming each wrong setting
 * on standard error, if any is wrong. */
bool settings_load(const struct setting *table, size_t count, void *target);

/* Frees the texts in the structure at `target`. */
void settings_free(const struct setting *table, size_t count, void *target);

/* Prints name, default and help of every row on standard output. */
void settings_help(const struct setting *table, size_t count);

#endif
