/* A folder with a .env file, and what is said while settings are read. */
#ifndef EVENTHUB_TESTS_ENV_FILES_H
#define EVENTHUB_TESTS_ENV_FILES_H

#include "db/common/settings.h"
#include "tests/unit/unit.h"

static char folder[] = "/tmp/test_settings.XXXXXX";
static char file[64];

static inline int make_folder(void **state) {
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(file, sizeof file, "%s/.env", folder);
    return 0;
}

static inline int remove_folder(void **state) {
    return rmdir(folder);
}

static inline int forget(void **state) {
    static const char *const names[] = {"T_A", "T_B", "T_C", "T_TEXT", "T_NUMBER", "T_SECRET", "exported"};
    for (size_t i = 0; i < COUNT(names); i++)
        unsetenv(names[i]);
    unlink(file);
    return 0;
}

static inline void write_file(const char *bytes, size_t length) {
    FILE *stream = fopen(file, "w");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, length, stream), length);
    assert_int_equal(fclose(stream), 0);
}

/* Reads the file with these lines; what it says on standard error is to be released with free(). */
static inline char *read_lines(const char *lines, bool *good) {
    write_file(lines, strlen(lines));
    struct capture capture = capture_begin(STDERR_FILENO);
    *good = settings_read_file(file);
    return capture_end(&capture);
}

static inline char *load(const struct setting *table, size_t count, void *target, bool *good) {
    struct capture capture = capture_begin(STDERR_FILENO);
    *good = settings_load(table, count, target);
    return capture_end(&capture);
}

#endif
