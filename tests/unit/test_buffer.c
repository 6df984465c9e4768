/* The growable buffer: what goes in comes out, and a failure is never mistaken for a result. */
#include "db/common/buffer.h"

#include <wchar.h>

#include "tests/unit/unit.h"

/* A sanitizer too is to answer a request for too much memory with NULL, as malloc does, instead of ending the program.
 */
const char *__asan_default_options(void); /* NOLINT(bugprone-reserved-identifier): the sanitizer's own name */
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1";
}

static void assert_holds(const struct buffer *buffer, const char *text) {
    assert_false(buffer->failed);
    assert_int_equal(buffer->length, strlen(text));
    assert_memory_equal(buffer->data, text, strlen(text));
}

static void assert_failed(struct buffer *buffer) {
    assert_true(buffer->failed);
    assert_int_equal(buffer->length, 0);
    buffer_append(buffer, "a", 1);
    buffer_text(buffer, "b");
    buffer_printf(buffer, "%d", 1);
    assert_null(buffer_reserve(buffer, 0));
    assert_true(buffer->failed);
    assert_int_equal(buffer->length, 0);
}

static void zeroed_buffer_is_empty_and_valid(void **state) {
    struct buffer buffer = {0};
    buffer_clear(&buffer);
    buffer_free(&buffer);
    buffer_free(&buffer);
    assert_null(buffer.data);
}

static void nothing_appended_is_nothing_allocated(void **state) {
    struct buffer buffer = {0};
    buffer_append(&buffer, NULL, 0);
    buffer_text(&buffer, "");
    assert_false(buffer.failed);
    assert_int_equal(buffer.length, 0);
    buffer_free(&buffer);
}

static void appended_bytes_follow_each_other(void **state) {
    struct buffer buffer = {0};
    buffer_text(&buffer, "one ");
    buffer_append(&buffer, "two three", 4);
    buffer_printf(&buffer, "%s %d %c", "three", 4, '5');
    assert_holds(&buffer, "one two three 4 5");
    buffer_free(&buffer);
}

static void nul_is_a_byte_like_any_other(void **state) {
    struct buffer buffer = {0};
    buffer_append(&buffer, "a\0b", 3);
    assert_int_equal(buffer.length, 3);
    assert_memory_equal(buffer.data, "a\0b", 3);
    buffer_free(&buffer);
}

static void growth_keeps_every_byte(void **state) {
    struct buffer buffer = {0};
    for (unsigned i = 0; i < 100000; i++)
        buffer_append(&buffer, &(char){(char)(i % 251)}, 1);
    assert_false(buffer.failed);
    assert_int_equal(buffer.length, 100000);
    assert_true(buffer.capacity >= buffer.length && buffer.capacity < 4 * buffer.length);
    for (unsigned i = 0; i < 100000; i++)
        assert_int_equal((unsigned char)buffer.data[i], i % 251);
    buffer_free(&buffer);
}

static void length_at_a_boundary_fits(void **state) {
    char text[600];
    memset(text, 'x', sizeof text);
    for (size_t length = 250; length <= 260; length++) {
        struct buffer appended = {0}, printed = {0};
        buffer_append(&appended, text, length);
        buffer_append(&appended, text, 600 - length);
        assert_int_equal(appended.length, 600);
        assert_memory_equal(appended.data, text, 600);
        buffer_printf(&printed, "%.*s", (int)length, text);
        buffer_printf(&printed, "%.*s", (int)(600 - length), text);
        assert_int_equal(printed.length, 600);
        assert_memory_equal(printed.data, text, 600);
        buffer_free(&appended);
        buffer_free(&printed);
    }
}

static void reserved_room_counts_only_when_used(void **state) {
    struct buffer buffer = {0};
    buffer_text(&buffer, "a");
    char *to = buffer_reserve(&buffer, 1000);
    assert_non_null(to);
    memset(to, 'b', 1000);
    assert_int_equal(buffer.length, 1);
    buffer.length += 2;
    buffer_text(&buffer, "c");
    assert_holds(&buffer, "abbc");
    buffer_free(&buffer);
}

static void request_beyond_any_size_fails(void **state) {
    static const size_t requests[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 + 2, SIZE_MAX / 2};
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct buffer empty = {0}, filled = {0};
        assert_null(buffer_reserve(&empty, requests[i]));
        assert_failed(&empty);
        buffer_text(&filled, "some bytes");
        assert_null(buffer_reserve(&filled, requests[i]));
        assert_failed(&filled);
        buffer_free(&empty);
        buffer_free(&filled);
    }
}

static void unprintable_argument_fails(void **state) {
    struct buffer buffer = {0};
    buffer_text(&buffer, "before");
    buffer_printf(&buffer, "%lc", (wint_t)0x20ac); /* has no bytes in the C locale */
    assert_true(buffer.failed);
    assert_null(buffer_reserve(&buffer, 1));
    buffer_free(&buffer);
}

static void clear_forgets_bytes_and_failure_but_not_memory(void **state) {
    struct buffer buffer = {0};
    buffer_text(&buffer, "before");
    const char *data = buffer.data;
    assert_null(buffer_reserve(&buffer, SIZE_MAX));
    buffer_clear(&buffer);
    assert_int_equal(buffer.length, 0);
    buffer_text(&buffer, "after");
    assert_holds(&buffer, "after");
    assert_ptr_equal(buffer.data, data);
    buffer_free(&buffer);
}

static void freed_buffer_can_be_used_again(void **state) {
    struct buffer buffer = {0};
    buffer_text(&buffer, "before");
    buffer_free(&buffer);
    buffer_text(&buffer, "after");
    assert_holds(&buffer, "after");
    buffer_free(&buffer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroed_buffer_is_empty_and_valid),
        cmocka_unit_test(nothing_appended_is_nothing_allocated),
        cmocka_unit_test(appended_bytes_follow_each_other),
        cmocka_unit_test(nul_is_a_byte_like_any_other),
        cmocka_unit_test(growth_keeps_every_byte),
        cmocka_unit_test(length_at_a_boundary_fits),
        cmocka_unit_test(reserved_room_counts_only_when_used),
        cmocka_unit_test(request_beyond_any_size_fails),
        cmocka_unit_test(unprintable_argument_fails),
        cmocka_unit_test(clear_forgets_bytes_and_failure_but_not_memory),
        cmocka_unit_test(freed_buffer_can_be_used_again),
    };
    return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
