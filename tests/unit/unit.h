/* What the unit tests share: cmocka with what it wants to be included before it, and helpers. */
#ifndef EVENTHUB_TESTS_UNIT_H
#define EVENTHUB_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* cmocka gives each test a state, which hardly any of them has a use for. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A copy without a byte behind it, so that a sanitizer sees whoever reads on. */
static inline char *exact_copy(const char *bytes, size_t length) {
    char *copy = malloc(length);
    assert_non_null(copy);
    memcpy(copy, bytes, length);
    return copy;
}

/* assert_string_equal for a row of a table: a failure names the row; NULL is equal to NULL only. */
static inline void assert_text(const char *row, const char *got, const char *wanted) {
    if (got == NULL || wanted == NULL ? got != wanted : strcmp(got, wanted) != 0)
        fail_msg("for %s: \"%s\" instead of \"%s\"", row, got != NULL ? got : "NULL", wanted != NULL ? wanted : "NULL");
}

/* assert_int_equal for a row of a table. */
static inline void assert_number(const char *row, int64_t got, int64_t wanted) {
    if (got != wanted)
        fail_msg("for %s: %lld instead of %lld", row, (long long)got, (long long)wanted);
}

/* Output to a descriptor, kept in memory instead. Between the two calls nothing may be asserted: nobody would see it.
 */
struct capture {
    int fd;
    int saved;
    int file;
};

static inline struct capture capture_begin(int fd) {
    fflush(NULL);
    struct capture capture = {.fd = fd, .saved = dup(fd), .file = memfd_create("capture", MFD_CLOEXEC)};
    assert_true(capture.saved >= 0 && capture.file >= 0);
    dup2(capture.file, fd);
    return capture;
}

/* The output as a text, to be released with free(). */
static inline char *capture_end(const struct capture *capture) {
    fflush(NULL);
    dup2(capture->saved, capture->fd);
    close(capture->saved);
    size_t length = (size_t)lseek(capture->file, 0, SEEK_END);
    char *text = calloc(1, length + 1);
    assert_non_null(text);
    assert_int_equal(pread(capture->file, text, length, 0), length);
    close(capture->file);
    return text;
}

#endif
