/* Forms in parts (multipart/form-data): what is taken, what is refused, and that nobody reads beyond the end. */
#include "shim/http/pairs.h"

#include "tests/unit/pairs.h"

static const char form_type[] = "multipart/form-data; boundary=B";

static void form_is_taken_apart(void **state) {
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        {"--B--", ""},
        {"--B--\r\n", ""},
        {"--B" PART("a", "1") "--B--\r\n", "<a>=<1>;"},
        {"--B" PART("a", "1") "--B--", "<a>=<1>;"},
        {"--B" PART("a", "1") "--B--\r\nepilogue\r\n--B\r\n", "<a>=<1>;"},
        {"--B" PART("a", "") "--B--", "<a>=<>;"},
        {"--B" PART("", "1") "--B--", "<>=<1>;"},
        {"--B" PART("a", "1") "--B" PART("b", "2") "--B" PART("a", "3") "--B--", "<a>=<1>;<b>=<2>;<a>=<3>;"},
        {"--B" PART("a", "x\r\ny\r\n") "--B--", "<a>=<x\r\ny\r\n>;"},
        {"--B" PART("a", "-B") "--B--", "<a>=<-B>;"},
        {"--B" PART("a", "x--B--y\n--B\r--B") "--B--", "<a>=<x--B--y\n--B\r--B>;"},
        {"--B" PART("a", "\r\n\r\n") "--B--", "<a>=<\r\n\r\n>;"},
        {"--B" PART("a", "a+b%41&c=d") "--B--", "<a>=<a+b%41&c=d>;"},
        {"--B" PART("gr\xc3\xbcn", "\xf0\x9f\x8e\x9f") "--B--", "<gr\xc3\xbcn>=<\xf0\x9f\x8e\x9f>;"},
        {"--B\r\ncontent-disposition: FORM-DATA; NAME=\"a\"\r\n\r\n1\r\n--B--", "<a>=<1>;"},
        {"--B\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--B--", "<a>=<1>;"},
        {"--B\r\nContent-Disposition:form-data;name=a;x=y\r\n\r\n1\r\n--B--", "<a>=<1>;"},
        {"--B\r\nContent-Disposition: form-data; \t name=\"a b;c\"\r\n\r\n1\r\n--B--", "<a b;c>=<1>;"},
        {"--B\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=\"a\"\r\n"
         "X-Name: name=b\r\n\r\n1\r\n--B--",
         "<a>=<1>;"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct pairs pairs;
        assert_text(rows[i].text, multipart(&pairs, form_type, rows[i].text, strlen(rows[i].text)), NULL);
        assert_pairs(rows[i].text, &pairs, rows[i].wanted);
        pairs_free(&pairs);
    }
}

static void file_is_skipped(void **state) {
    static const char text[] = "--B" PART(
        "a",
        "1") "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.png\"\r\nContent-Type: image/png\r\n\r\n"
             "\x89PNG\r\n\x1a\n\xff\xff\r\n"
             "--B\r\nContent-Disposition: form-data; filename=\"\"; name=\"g\"\r\n\r\n\r\n"
             "--B" PART("b", "2") "--B--";
    struct pairs pairs;
    assert_null(multipart(&pairs, form_type, text, strlen(text)));
    assert_pairs("a file between two values", &pairs, "<a>=<1>;<b>=<2>;");
    pairs_free(&pairs);
}

static void boundary_is_found_in_the_header(void **state) {
    static const struct {
        const char *type, *boundary;
    } rows[] = {
        {"multipart/form-data; boundary=B", "B"},
        {"multipart/form-data;boundary=B", "B"},
        {"multipart/form-data; BOUNDARY=B", "B"},
        {"multipart/form-data; boundary=\"B\"", "B"},
        {"multipart/form-data; boundary=\"B c;d\"", "B c;d"},
        {"multipart/form-data; charset=utf-8; boundary=B", "B"},
        {"multipart/form-data; boundary=B; charset=utf-8", "B"},
        {"multipart/form-data; boundary=B;charset=utf-8", "B"},
        {"multipart/form-data; boundary=B ", "B"},
        {"multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
         "----WebKitFormBoundary7MA4YWxkTrZu0gW"},
        {"multipart/form-data; boundary=1234567890123456789012345678901234567890123456789012345678901234567890",
         "1234567890123456789012345678901234567890123456789012345678901234567890"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[512];
        struct pairs pairs;
        snprintf(text, sizeof text, "--%s" PART("a", "1") "--%s--\r\n", rows[i].boundary, rows[i].boundary);
        assert_text(rows[i].type, multipart(&pairs, rows[i].type, text, strlen(text)), NULL);
        assert_pairs(rows[i].type, &pairs, "<a>=<1>;");
        pairs_free(&pairs);
    }
}

static void header_without_boundary_is_refused(void **state) {
    static const char *const types[] = {
        "",
        "multipart/form-data",
        "multipart/form-data;",
        "multipart/form-data; ",
        "multipart/form-data; boundary",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary =B",
        "multipart/form-data; xboundary=B",
        "multipart/form-data boundary=B",
        "boundary=B",
        "multipart/form-data; boundary=12345678901234567890123456789012345678901234567890123456789012345678901",
    };
    for (size_t i = 0; i < COUNT(types); i++) {
        struct pairs pairs;
        assert_text(types[i], multipart(&pairs, types[i], BYTES("--B" PART("a", "1") "--B--")), no_form);
        pairs_free(&pairs);
    }
}

static void bad_form_is_refused(void **state) {
    static const struct {
        const char *bytes;
        size_t length;
        const char *fault;
    } rows[] = {
        {BYTES(""), no_form},
        {BYTES("-"), no_form},
        {BYTES("--"), no_form},
        {BYTES("--B"), no_form},
        {BYTES("--B-"), no_form},
        {BYTES("--B\r\n"), no_form},
        {BYTES("--B\r\n--B"), no_form},
        {BYTES("--B\r\n--B--"), no_form},
        {BYTES("--B\r\n--B--\r\n"), no_form},
        {BYTES("--B\r\n\r\n--B--"), no_form},
        {BYTES("--B\r\n\r\n\r\n--B--"), no_form},
        {BYTES("--C" PART("a", "1") "--C--"), no_form},
        {BYTES("preamble\r\n--B" PART("a", "1") "--B--"), no_form},
        {BYTES("\r\n--B" PART("a", "1") "--B--"), no_form},
        {BYTES("--B" PART("a", "1")), no_form},
        {BYTES("--B" PART("a", "--B") "--B--"), no_form},
        {BYTES("--B" PART("a", "1") "--B"), no_form},
        {BYTES("--B" PART("a", "1") "--B-"), no_form},
        {BYTES("--B" PART("a", "1") "--B\r\n"), no_form},
        {BYTES("--B" PART("a", "1") "--Bx--"), no_form},
        {BYTES("--Bx" PART("a", "1") "--B--"), no_form},
        {BYTES("--B\nContent-Disposition: form-data; name=\"a\"\n\n1\n--B--"), no_form},
        {BYTES("--B\r\nContent-Disposition: form-data; name=\"a\"\r\n--B--"), no_form},
        {BYTES("--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n--B--"), no_form},
        {BYTES("--B\r\nContent-Disposition: form-data; name=\"a\"--B--"), no_form},
        {BYTES("--B\r\nContent-Disposition: form-data\r\n\r\n1\r\n--B--"), no_form},
        {BYTES("--B\r\nContent-Disposition: form-data; name\r\n\r\n1\r\n--B--"), no_form},
        {BYTES("--B\r\nContent-Disposition:\r\n\r\n1\r\n--B--"), no_form},
        {BYTES("--B\r\nContent-Type: text/plain; name=\"a\"\r\n\r\n1\r\n--B--"), no_form},
        {BYTES("--B\r\n\r\n1\r\n--B--"), no_form},
        {BYTES("--B" PART("a", "1\0") "--B--"), nul},
        {BYTES("--B" PART("a\0b", "1") "--B--"), nul},
        {BYTES("--B" PART("a", "\xff") "--B--"), not_utf8},
        {BYTES("--B" PART("\xc0\x80", "1") "--B--"), not_utf8},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct pairs pairs;
        assert_text(rows[i].bytes, multipart(&pairs, form_type, rows[i].bytes, rows[i].length), rows[i].fault);
        pairs_free(&pairs);
    }
}

static void parts_are_limited(void **state) {
    char text[PAIRS_LIMIT * 80 + 200], *end = stpcpy(text, "--B");
    struct pairs pairs;
    for (int i = 0; i < PAIRS_LIMIT; i++)
        end = stpcpy(end, PART("a", "1") "--B");
    stpcpy(end, "--");
    assert_null(multipart(&pairs, form_type, text, strlen(text)));
    assert_int_equal(pairs.count, PAIRS_LIMIT);
    pairs_free(&pairs);
    stpcpy(end, PART("a", "1") "--B--");
    assert_string_equal(multipart(&pairs, form_type, text, strlen(text)), too_many);
    pairs_free(&pairs);
}

static void form_cut_or_changed_anywhere_never_crashes(void **state) {
    static const char text[] = "--B" PART("a", "1") "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=x\r\n"
                                                    "Content-Type: x/y\r\n\r\n\r\n--B" PART("b", "2\r\n") "--B--";
    struct pairs pairs;
    for (size_t length = 0; length < strlen(text); length++) {
        assert_non_null(multipart(&pairs, form_type, text, length));
        pairs_free(&pairs);
    }
    static const char bytes[] = "\0\r\n-B;=\"x \xff";
    for (size_t i = 0; i < strlen(text); i++) {
        for (size_t k = 0; k < sizeof bytes - 1; k++) {
            char changed[sizeof text];
            memcpy(changed, text, sizeof text);
            changed[i] = bytes[k];
            multipart(&pairs, form_type, changed, strlen(text));
            pairs_free(&pairs);
        }
    }
    for (size_t i = 0; i < strlen(text); i++) {
        for (size_t k = i + 1; k <= strlen(text); k++) {
            char shorter[sizeof text];
            memcpy(shorter, text, i);
            memcpy(shorter + i, text + k, strlen(text) - k);
            multipart(&pairs, form_type, shorter, strlen(text) - (k - i));
            pairs_free(&pairs);
        }
    }
}

static void boundary_header_cut_anywhere_never_crashes(void **state) {
    static const char type[] = "multipart/form-data; charset=\"utf-8\"; boundary=\"B\"";
    struct pairs pairs;
    for (size_t length = 0; length < sizeof type; length++) {
        char *copy = exact_copy(type, length + 1);
        copy[length] = '\0';
        multipart(&pairs, copy, BYTES("--B" PART("a", "1") "--B--"));
        pairs_free(&pairs);
        free(copy);
    }
}

static void semicolon_within_quotes_parts_nothing(void **state) {
    static const char text[] = "--B\r\nContent-Disposition: form-data; name=\"a; filename=b\"\r\n\r\n1\r\n"
                               "--B\r\nContent-Disposition: form-data; x=\"; name=no\"; name=\"c\"\r\n\r\n2\r\n--B--";
    struct pairs pairs;
    const char *fault = multipart(&pairs, form_type, text, strlen(text));
    assert_text("parts", fault, NULL);
    assert_pairs("names with semicolons", &pairs, "<a; filename=b>=<1>;<c>=<2>;");
    pairs_free(&pairs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(form_is_taken_apart),
        cmocka_unit_test(file_is_skipped),
        cmocka_unit_test(boundary_is_found_in_the_header),
        cmocka_unit_test(header_without_boundary_is_refused),
        cmocka_unit_test(bad_form_is_refused),
        cmocka_unit_test(parts_are_limited),
        cmocka_unit_test(form_cut_or_changed_anywhere_never_crashes),
        cmocka_unit_test(boundary_header_cut_anywhere_never_crashes),
        cmocka_unit_test(semicolon_within_quotes_parts_nothing),
    };
    return cmocka_run_group_tests_name("form", tests, NULL, NULL);
}
