/* Texts in mails: what users wrote stays within its line and within its element, and lines are broken between words. */
#include "notifier/mail_text.h"

#include "tests/unit/mails.h"

static void line_has_no_control_characters(void **state) {
    static const struct {
        const char *text, *line;
    } rows[] = {
        {"", ""},
        {"plain", "plain"},
        {"a\r\nBcc: x@example.org", "a  Bcc: x@example.org"},
        {"a\nb\rc\td\ve\ff\bg\ah", "a b c d e f g h"},
        {"\x01\x1a\x1b\x1f\x7f", "     "},
        {"\x1b[2J\x1b]0;title\x07", " [2J ]0;title "},
        {"a\xc2\x85"
         "b",
         "a b"}, /* NEL */
        {"a\xc2\x80\xc2\x9f"
         "b",
         "a  b"}, /* the rest of C1 */
        {"a\xe2\x80\xa8"
         "b\xe2\x80\xa9"
         "c",
         "a b c"},                                                                /* line and paragraph separator */
        {"\xc2\xa0\xe2\x80\xa7\xe2\x80\xaa", "\xc2\xa0\xe2\x80\xa7\xe2\x80\xaa"}, /* their neighbours */
        {"\xe2\x80\xae\xd7\xa9\xe2\x81\xa6", "\xe2\x80\xae\xd7\xa9\xe2\x81\xa6"}, /* directions */
        {"\xf0\x9f\x8e\x9f \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7",
         "\xf0\x9f\x8e\x9f \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7"},
        {"<b>&amp;\"'</b> \\ %s %name-1% -name- {{name}}", "<b>&amp;\"'</b> \\ %s %name-1% -name- {{name}}"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *line = passed(mail_text_line, rows[i].text, strlen(rows[i].text));
        assert_text(rows[i].text, line, rows[i].line);
        free(line);
    }
}

static void html_has_no_markup(void **state) {
    static const struct {
        const char *text, *html;
    } rows[] = {
        {"", ""},
        {"plain", "plain"},
        {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
        {"</bdi></p>", "&lt;/bdi&gt;&lt;/p&gt;"},
        {"\" onload='x'", "&quot; onload=&#39;x&#39;"},
        {"&amp;&lt;&#60;", "&amp;amp;&amp;lt;&amp;#60;"},
        {"<!--", "&lt;!--"},
        {"a\r\nb\tc\x7f", "a  b c "},
        {"a\xe2\x80\xa8<\xc2\x85&", "a &lt; &amp;"},
        {"gr\xc3\xbcn \xf0\x9f\x8e\x9f", "gr\xc3\xbcn \xf0\x9f\x8e\x9f"},
        {"\\ %s `x`", "\\ %s `x`"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *html = passed(mail_text_html, rows[i].text, strlen(rows[i].text));
        assert_text(rows[i].text, html, rows[i].html);
        free(html);
    }
}

static void every_character_but_controls_is_kept(void **state) {
    struct buffer out = {0};
    for (uint32_t c = 0; c < 0x110000; c++) {
        char bytes[4];
        size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        if (c >= 0xd800 && c < 0xe000)
            continue;
        for (size_t i = length; i-- > 1;)
            bytes[i] = (char)(0x80 | (c >> (6 * (length - 1 - i)) & 0x3f));
        bytes[0] = (char)(length == 1 ? c : (0xf00 >> length & 0xff) | c >> (6 * (length - 1)));
        bool control = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
        buffer_clear(&out);
        mail_text_line(&out, bytes, length);
        if (control ? out.length != 1 || out.data[0] != ' '
                    : out.length != length || memcmp(out.data, bytes, length) != 0)
            fail_msg("U+%04X", c);
    }
    buffer_free(&out);
}

static void nul_is_a_control_character(void **state) {
    char *line = passed(mail_text_line, "a\0b", 3), *html = passed(mail_text_html, "\0<", 2);
    assert_string_equal(line, "a b");
    assert_string_equal(html, " &lt;");
    free(line);
    free(html);
}

static void cut_character_is_never_read_beyond(void **state) {
    static const char *const cut[] = {"\xc2", "\xe2", "\xe2\x80", "\xf0\x9f\x8e", "x\xe2\x80", "\x80", "\xff"};
    for (size_t i = 0; i < COUNT(cut); i++) {
        char *line = passed(mail_text_line, cut[i], strlen(cut[i]));
        assert_text("a cut character", line, cut[i]);
        free(line);
    }
}

static void addresses_become_links(void **state) {
#define LINK(url) "<a href=\"" url "\">" url "</a>"
    static const struct {
        const char *text, *html;
    } rows[] = {
        {"https://example.org", LINK("https://example.org")},
        {"HTTP://example.org/a", LINK("HTTP://example.org/a")},
        {"Zoom: https://z.example/j/1?pwd=a.b-c&d=1, room 2",
         "Zoom: " LINK("https://z.example/j/1?pwd=a.b-c&amp;d=1") ", room 2"},
        {"See https://example.org/a.", "See " LINK("https://example.org/a") "."},
        {"(https://example.org/a)!?", "(" LINK("https://example.org/a") ")!?"},
        {"https://example.org/a_(b).", LINK("https://example.org/a_(b)") "."},
        {"https://example.org/ and http://example.com:80/#x",
         LINK("https://example.org/") " and " LINK("http://example.com:80/#x")},
        {"<https://example.org/>", "&lt;" LINK("https://example.org/") "&gt;"},
        {"\"https://example.org/\"", "&quot;" LINK("https://example.org/") "&quot;"},
        {"https://example.org/\" onclick=\"x", LINK("https://example.org/") "&quot; onclick=&quot;x"},
        {"https://example.org/'x'", LINK("https://example.org/&#39;x") "&#39;"},
        {"https://example.org/a\r\nb", LINK("https://example.org/a") "  b"},
        {"https://example.org/\xe2\x80\xae/b", LINK("https://example.org/") "\xe2\x80\xae/b"},
        {"https://example.org/a\xef\xbc\x8c"
         "b",
         LINK("https://example.org/a") "\xef\xbc\x8c"
                                       "b"},
        /* A host that goes on in other letters would be another one. */
        {"https://m\xc3\xbcller.example/", "https://m\xc3\xbcller.example/"},
        {"https://m\xc3\xbc", "https://m\xc3\xbc"},
        {"https://good.example@evil.example/", "https://good.example@evil.example/"},
        {"https://good.example:443@evil.example", "https://good.example:443@evil.example"},
        {"https://example.org/@ada?to=a@b.c", LINK("https://example.org/@ada?to=a@b.c")},
        {"xhttps://example.org", "xhttps://example.org"},
        {"javascript:alert(1)", "javascript:alert(1)"},
        {"ftp://example.org mailto:a@b.c www.example.org", "ftp://example.org mailto:a@b.c www.example.org"},
        {"https://", "https://"},
        {"https:// x", "https:// x"},
        {"https://-x", "https://-x"},
        {"http://[::1]/", "http://[::1]/"},
        {"http", "http"},
        {"", ""},
        {"https://a", LINK("https://a")},
        {"https://a)))", LINK("https://a") ")))"},
        {"https://a.https://b", LINK("https://a.https://b")},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *html = passed(mail_text_linked, rows[i].text, strlen(rows[i].text));
        assert_text(rows[i].text, html, rows[i].html);
        free(html);
    }
    struct ledger_claim claim = claim_of("update", "https://example.org/t");
    claim.now.venue = claim.known.speaker = text_of("at https://example.org/v.");
    struct mail mail = composed(&claim);
    assert_int_equal(occurrences(mail.html.data, LINK("https://example.org/t")), 1);
    /* As what it is now, twice, and as what the speaker was. */
    assert_int_equal(occurrences(mail.html.data, "<bdi>at " LINK("https://example.org/v") ".</bdi>"), 3);
    mail_free(&mail);
}

/* The lines of a text, each with its width in characters, through `each`. */
static size_t widest_line(const char *text, size_t *lines) {
    size_t widest = 0, width = 0;
    *lines = 0;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\r') {
            widest = width > widest ? width : widest;
            width = 0;
            ++*lines;
        } else if (*at != '\n' && ((unsigned char)*at & 0xc0) != 0x80) {
            width++;
        }
    }
    return widest;
}

static void lines_have_72_characters(void **state) {
    char words[801] = "", letters[201];
    for (int i = 0; i < 100; i++)
        strcat(words, i % 7 == 0 ? "\xc3\xbc\xc3\xa4 \xc3\xb6" : "ab");
    for (int i = 0; i < 40; i++)
        strcat(words, " wor\xc3\xa4");
    memset(letters, 'x', 200);
    letters[200] = '\0';
    for (const struct mail_kind *kind = mail_kinds; kind->name != NULL; kind++) {
        struct notifier_settings settings = plain_settings();
        struct ledger_claim claim = claim_of(kind->name, words);
        size_t lines;
        settings.from_name = words;
        claim.now.venue = claim.known.speaker = claim.organizer = text_of(words);
        struct mail mail = composed_with(&claim, &settings);
        assert_true(widest_line(mail.text.data, &lines) <= 72);
        /* A line has no blank at its end, but for that of the signature. */
        assert_int_equal(occurrences(mail.text.data, " \r\n"), 1);
        /* Nobody's text begins a line: what is not ours is behind two blanks at least. */
        char *signature = strstr(mail.text.data, "\r\n-- \r\n");
        assert_non_null(signature);
        *signature = '\0';
        assert_null(strstr(mail.text.data, "\nwor\xc3\xa4"));
        mail_free(&mail);
        /* A word is not broken, whatever it takes. */
        claim = claim_of(kind->name, letters);
        claim.now.venue = claim.known.venue = text_of(letters);
        mail = composed(&claim);
        assert_int_equal(occurrences(mail.text.data, letters), 2);
        assert_non_null(strstr(mail.text.data, "\r\n  Venue:\r\n      xxx"));
        mail_free(&mail);
    }
}

static void breaks_are_between_words(void **state) {
    /* The venue's line is full with 63 characters. */
    static const struct {
        const char *venue, *text;
    } rows[] = {
        {"123456789 123456789 123456789 123456789 123456789 123456789 123",
         "  Venue: 123456789 123456789 123456789 123456789 123456789 123456789 123\r\n"},
        {"123456789 123456789 123456789 123456789 123456789 123456789 1234",
         "  Venue: 123456789 123456789 123456789 123456789 123456789 123456789\r\n      1234\r\n"},
        {"123456789 123456789 123456789 123456789 123456789 123456789 123 4",
         "  Venue: 123456789 123456789 123456789 123456789 123456789 123456789 123\r\n      4\r\n"},
        {"1  2   3", "  Venue: 1  2   3\r\n"},
        {"\xe2\x82\xac\xe2\x82\xac 456789 123456789 123456789 123456789 123456789 123456789 123",
         "  Venue: \xe2\x82\xac\xe2\x82\xac 456789 123456789 123456789 123456789 123456789 123456789 123\r\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct ledger_claim claim = claim_of("reminder", "Analytical Engines");
        claim.now.venue = claim.known.venue = text_of(rows[i].venue);
        struct mail mail = composed(&claim);
        if (strstr(mail.text.data, rows[i].text) == NULL)
            fail_msg("for %s: %s", rows[i].venue, mail.text.data);
        mail_free(&mail);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_has_no_control_characters),
        cmocka_unit_test(html_has_no_markup),
        cmocka_unit_test(every_character_but_controls_is_kept),
        cmocka_unit_test(nul_is_a_control_character),
        cmocka_unit_test(cut_character_is_never_read_beyond),
        cmocka_unit_test(addresses_become_links),
        cmocka_unit_test(lines_have_72_characters),
        cmocka_unit_test(breaks_are_between_words),
    };
    return cmocka_run_group_tests_name("mail_text", tests, NULL, NULL);
}
