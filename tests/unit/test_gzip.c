/* Compressed bodies: what Accept-Encoding asks for, and that what is compressed comes out as it went in. */
#include "shim/http/gzip.h"

#include <event2/keyvalq_struct.h>
#include <zlib.h>

#include "tests/unit/unit.h"

/* A request with these lines of Accept-Encoding, up to the first NULL. */
static bool preferred(const char *const *lines, size_t count) {
    struct evhttp_request *request = evhttp_request_new(NULL, NULL);
    assert_non_null(request);
    struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    evhttp_add_header(headers, "Host", "localhost");
    for (size_t i = 0; i < count && lines[i] != NULL; i++)
        assert_int_equal(evhttp_add_header(headers, i % 2 == 0 ? "Accept-Encoding" : "accept-encoding", lines[i]), 0);
    evhttp_add_header(headers, "Accept", "gzip");
    bool answer = gzip_is_preferred(request);
    evhttp_request_free(request);
    return answer;
}

static const struct {
    const char *lines[4];
    bool gzip;
} preferences[] = {
    /* Said in one line. */
    {{NULL}, false},
    {{""}, false},
    {{" "}, false},
    {{"gzip"}, true},
    {{"GZip"}, true},
    {{"x-gzip"}, true},
    {{"X-GZIP"}, true},
    {{"deflate"}, false},
    {{"gzip, deflate, br, zstd"}, true},
    {{"br,gzip"}, true},
    {{"br ,\tgzip\t"}, true},
    {{",,gzip,,"}, true},
    {{"gzip2"}, false},
    {{"gzi"}, false},
    {{"\"gzip\""}, false},
    {{"notgzip, gzipnot"}, false},
    /* Weights. */
    {{"gzip;q=0"}, false},
    {{"gzip;q=0.0"}, false},
    {{"gzip;q=0.000"}, false},
    {{"gzip;q=0."}, false},
    {{"gzip;q=0.001"}, true},
    {{"gzip;q=.5"}, false},
    {{"gzip;q=1"}, true},
    {{"gzip;q=1."}, true},
    {{"gzip;q=1.000"}, true},
    {{"gzip;Q=0.5"}, true},
    {{"gzip ; \t q=0.5 "}, true},
    {{"gzip;q=0, deflate"}, false},
    {{"gzip;q=0,x-gzip"}, false},
    {{"x-gzip;q=0.3, gzip;q=0.2"}, true},
    /* The rest, and the body as it is. */
    {{"*"}, true},
    {{"*;q=0"}, false},
    {{"*;q=0.1"}, true},
    {{"gzip;q=0, *"}, false},
    {{"gzip, *;q=0"}, true},
    {{"identity"}, false},
    {{"identity, gzip"}, true},
    {{"identity;q=1, gzip;q=0.9"}, false},
    {{"identity;q=0.5, gzip;q=0.5"}, true},
    {{"identity;q=0.5, *;q=0.4"}, false},
    {{"identity;q=0"}, false},
    {{"identity;q=0, gzip"}, true},
    {{"gzip;q=0.1, identity;q=0"}, true},
    {{"identity;q=0.5, gzip;q=0.4, x-gzip;q=0.9"}, false},
    /* Said in several lines. */
    {{"deflate", "gzip"}, true},
    {{"gzip", "gzip;q=0"}, false},
    {{"gzip", "identity;q=0.3"}, true},
    {{"gzip;q=0.3", "deflate", "identity;q=0.4"}, false},
    {{"", "", "gzip"}, true},
    /* What makes no sense is taken as refused. */
    {{"gzip;q"}, false},
    {{"gzip;q="}, false},
    {{"gzip;q=2"}, false},
    {{"gzip;q=1.001"}, false},
    {{"gzip;q=1.5"}, false},
    {{"gzip;q=-1"}, false},
    {{"gzip;q=+1"}, false},
    {{"gzip;q=0.1234"}, false},
    {{"gzip;q=0x1"}, false},
    {{"gzip;q=1e0"}, false},
    {{"gzip;q= 1"}, false},
    {{"gzip;q =1"}, false},
    {{"gzip;q=1;q=1"}, false},
    {{"gzip;level=9"}, false},
    {{"gzip;"}, false},
    {{"gzip gzip"}, false},
    {{"gzip q=1"}, false},
    {{";q=1"}, false},
    {{"; , ;, *;"}, false},
    {{"gzip;q=\x80"}, false},
    {{"\xff\xfe"}, false},
};

static void what_is_preferred(void **state) {
    for (size_t i = 0; i < COUNT(preferences); i++) {
        char row[128];
        snprintf(row, sizeof row, "row %zu (%s)", i,
                 preferences[i].lines[0] != NULL ? preferences[i].lines[0] : "no line");
        assert_number(row, preferred(preferences[i].lines, COUNT(preferences[i].lines)), preferences[i].gzip);
    }
}

/* Numbers that look random and are the same each time. */
static unsigned next_number(unsigned *seed) {
    *seed = *seed * 1103515245 + 12345;
    return *seed >> 16 & 0x7fff;
}

/* A sanitizer sees whoever reads on, because evhttp's copy of a header has no byte behind its end. And whatever a line
 * says, gzip stays refused by another one. */
static void assert_harmless(const char *line) {
    const char *lines[] = {line, "gzip;q=0, x-gzip;q=0"};
    preferred(lines, 1);
    if (preferred(lines, 2))
        fail_msg("gzip is preferred after \"%s\"", line);
}

static void odd_headers_do_no_harm(void **state) {
    static const char *const pieces[] = {"gzip", "x-gzip", "identity", "*", ";",  "q=", "0", "1",  ".",  "0.5",  ",",
                                         " ",    "\t",     "=",        "Q", "\"", "\\", "-", "q=", ";q", "\x01", "/"};
    unsigned seed = 1;
    for (int round = 0; round < 20000; round++) {
        char text[256] = "";
        unsigned count = next_number(&seed) % 16;
        for (unsigned i = 0; i < count; i++)
            strcat(text, pieces[next_number(&seed) % COUNT(pieces)]);
        assert_harmless(text);
    }
}

static void odd_headers_of_any_bytes_do_no_harm(void **state) {
    unsigned seed = 2;
    for (int round = 0; round < 20000; round++) {
        char text[64] = "";
        size_t length = next_number(&seed) % (sizeof text - 1);
        for (size_t i = 0; i < length; i++) {
            char byte = (char)(next_number(&seed) % 255 + 1);
            text[i] = byte == '\r' || byte == '\n' ? ' ' : byte;
        }
        assert_harmless(text);
    }
}

/* The bytes that come out, which are as many as are wanted. */
static char *decompressed(const struct buffer *gzip, size_t wanted) {
    enum { GZIP_FORMAT = 16 };
    char *bytes = malloc(wanted + 1);
    assert_non_null(bytes);
    z_stream stream = {.next_in = (void *)gzip->data, .avail_in = (uInt)gzip->length};
    stream.next_out = (void *)bytes;
    stream.avail_out = (uInt)wanted + 1;
    assert_int_equal(inflateInit2(&stream, GZIP_FORMAT + MAX_WBITS), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.total_out, wanted);
    assert_int_equal(stream.avail_in, 0);
    inflateEnd(&stream);
    return bytes;
}

static void write_events(struct buffer *json, size_t length, unsigned seed) {
    while (json->length < length)
        buffer_printf(json, "{\"id\":%u,\"title\":\"Breakfast %u\",\"seats_available\":%u},", next_number(&seed),
                      next_number(&seed), next_number(&seed) % 100);
    json->length = length;
}

static void what_is_compressed_comes_out_as_it_went_in(void **state) {
    struct gzip *compressor = gzip_new();
    static const size_t lengths[] = {GZIP_MINIMUM, GZIP_MINIMUM + 1, 7543, 65536, 65537, 1000000, 9000001};
    /* Twice each, because the second time the compressor is used again. */
    for (size_t i = 0; i < 2 * COUNT(lengths); i++) {
        size_t length = lengths[i / 2];
        struct buffer json = {0}, gzip = {0};
        write_events(&json, length, (unsigned)i);
        char *bytes = exact_copy(json.data, length);
        assert_true(gzip_write(compressor, &gzip, bytes, length));
        assert_true(gzip.length < length / 2);
        assert_int_equal(gzip.capacity, gzip.length);
        char *back = decompressed(&gzip, length);
        assert_memory_equal(back, bytes, length);
        free(back);
        free(bytes);
        buffer_free(&json);
        buffer_free(&gzip);
    }
    gzip_free(compressor);
}

/* What was compressed before is known again, by all of its bytes. */
static void bodies_that_look_alike_are_not_mixed_up(void **state) {
    struct gzip *compressor = gzip_new();
    static const size_t lengths[] = {GZIP_MINIMUM, 7543, 65536, 65537};
    for (size_t i = 0; i < 64 * COUNT(lengths); i++) {
        size_t length = lengths[i % COUNT(lengths)];
        struct buffer json = {0}, gzip = {0};
        write_events(&json, length, 5);
        /* The same one twice, and then one that differs from it in one byte of its end or of its beginning. */
        if (i / COUNT(lengths) % 3 > 0)
            json.data[i % 2 == 0 ? length - 1 : i % 64] ^= (char)(1 + i / 8 % 2);
        assert_true(gzip_write(compressor, &gzip, json.data, length));
        char *back = decompressed(&gzip, length);
        assert_memory_equal(back, json.data, length);
        free(back);
        buffer_free(&json);
        buffer_free(&gzip);
    }
    gzip_free(compressor);
}

static void what_does_not_become_shorter_is_not_compressed(void **state) {
    struct gzip *compressor = gzip_new();
    unsigned seed = 3;
    char noise[200000];
    struct buffer gzip = {0};
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)(next_number(&seed) ^ next_number(&seed) >> 7);
    for (size_t length = 0; length <= sizeof noise; length = length * 2 + 1) {
        assert_false(gzip_write(compressor, &gzip, noise, length));
        assert_true(gzip.data == NULL && gzip.length == 0 && !gzip.failed);
    }
    /* The compressor that gave up is good for the next body. */
    struct buffer json = {0};
    write_events(&json, 5000, 4);
    assert_true(gzip_write(compressor, &gzip, json.data, json.length));
    char *back = decompressed(&gzip, json.length);
    assert_memory_equal(back, json.data, json.length);
    free(back);
    buffer_free(&json);
    buffer_free(&gzip);
    gzip_free(compressor);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_preferred),
        cmocka_unit_test(odd_headers_do_no_harm),
        cmocka_unit_test(odd_headers_of_any_bytes_do_no_harm),
        cmocka_unit_test(what_is_compressed_comes_out_as_it_went_in),
        cmocka_unit_test(bodies_that_look_alike_are_not_mixed_up),
        cmocka_unit_test(what_does_not_become_shorter_is_not_compressed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
