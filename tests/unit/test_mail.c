/* The text of a mail: what users wrote stays within its line and within its element, and everything else is ours. */
#include "../../notifier/mail.h"

#include <time.h>

#include "unit.h"

static const char sender[] = "EventHub";

static struct ledger_text text_of(const char *bytes) {
    return (struct ledger_text){(char *)(uintptr_t)bytes, strlen(bytes)};
}

static struct ledger_claim claim_of(const char *kind, const char *title) {
    struct ledger_claim claim = {
        .id = 1,
        .event_id = 12,
        .title = text_of(title),
        .venue = text_of("Town Hall"),
        .speaker = text_of("Ada Lovelace"),
        .event_date = 1795539600, /* 2026-11-24T17:00:00Z */
        .old_venue = text_of(""),
        .old_speaker = text_of(""),
    };
    strcpy(claim.kind, kind);
    return claim;
}

/* An update of nothing yet: what was before is what is now. */
static struct ledger_claim update_of(const char *title) {
    struct ledger_claim claim = claim_of("update", title);
    claim.has_old = true;
    claim.old_event_date = claim.event_date;
    claim.old_venue = claim.venue;
    claim.old_speaker = claim.speaker;
    return claim;
}

static const struct mail_tags tags = {"%name-0%", "%html-0%", "%seat-0%"};

/* The parts as texts, to be released with mail_free. */
static struct mail composed_by(const struct ledger_claim *claim, const char *from, const char *zone) {
    struct mail mail;
    setenv("TZ", zone, 1);
    tzset();
    mail_compose(&mail, claim, &tags, from, zone);
    struct buffer *const parts[] = {&mail.subject, &mail.text, &mail.html};
    for (size_t i = 0; i < COUNT(parts); i++) {
        assert_false(parts[i]->failed);
        assert_int_equal(strnlen(parts[i]->data, parts[i]->length), parts[i]->length);
        buffer_append(parts[i], "", 1);
        parts[i]->length--;
    }
    return mail;
}

static struct mail composed(const struct ledger_claim *claim) {
    return composed_by(claim, sender, "UTC");
}

static size_t occurrences(const char *text, const char *part) {
    size_t count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + strlen(part), part))
        count++;
    return count;
}

/* What mail_line or mail_html makes of a copy of exactly that length, to be released with free(). */
static char *passed(void (*through)(struct buffer *out, const char *text, size_t length), const char *bytes,
                    size_t length) {
    struct buffer out = {0};
    char *copy = exact_copy(bytes, length);
    through(&out, copy, length);
    free(copy);
    buffer_append(&out, "", 1);
    assert_false(out.failed);
    assert_int_equal(strlen(out.data), out.length - 1);
    return out.data;
}

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
        char *line = passed(mail_line, rows[i].text, strlen(rows[i].text));
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
        char *html = passed(mail_html, rows[i].text, strlen(rows[i].text));
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
        mail_line(&out, bytes, length);
        if (control ? out.length != 1 || out.data[0] != ' '
                    : out.length != length || memcmp(out.data, bytes, length) != 0)
            fail_msg("U+%04X", c);
    }
    buffer_free(&out);
}

static void nul_is_a_control_character(void **state) {
    char *line = passed(mail_line, "a\0b", 3), *html = passed(mail_html, "\0<", 2);
    assert_string_equal(line, "a b");
    assert_string_equal(html, " &lt;");
    free(line);
    free(html);
}

static void cut_character_is_never_read_beyond(void **state) {
    static const char *const cut[] = {"\xc2", "\xe2", "\xe2\x80", "\xf0\x9f\x8e", "x\xe2\x80", "\x80", "\xff"};
    for (size_t i = 0; i < COUNT(cut); i++) {
        char *line = passed(mail_line, cut[i], strlen(cut[i]));
        assert_text("a cut character", line, cut[i]);
        free(line);
    }
}

static void seats_are_counted(void **state) {
    static const struct {
        int64_t seats;
        const char *text;
    } rows[] = {
        {1, "1 seat"}, {2, "2 seats"}, {10, "10 seats"}, {0, "0 seats"}, {INT64_C(4294967295), "4294967295 seats"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct buffer out = {0};
        mail_seats(&out, rows[i].seats);
        buffer_append(&out, "", 1);
        assert_text("seats", out.data, rows[i].text);
        buffer_free(&out);
    }
}

static void tags_are_of_this_run_alone(void **state) {
    struct mail_tags one, two;
    assert_true(mail_tags_make(&one));
    assert_true(mail_tags_make(&two));
    const char *const all[] = {one.name_text, one.name_html, one.seats, two.name_text, two.name_html, two.seats};
    for (size_t i = 0; i < COUNT(all); i++) {
        assert_true(strlen(all[i]) > 16);
        for (size_t k = 0; k < COUNT(all); k++)
            assert_true(i == k || strstr(all[i], all[k]) == NULL);
        /* So that a tag stands in HTML and in JSON as it is. */
        assert_int_equal(strspn(all[i], "abcdefghijklmnopqrstuvwxyz0123456789-%"), strlen(all[i]));
    }
}

static void reminder_reads_like_this(void **state) {
    struct ledger_claim claim = claim_of("reminder", "Analytical Engines");
    struct mail mail = composed_by(&claim, "EventHub", "Europe/Berlin");
    assert_string_equal(mail.subject.data, "Reminder: Analytical Engines");
    assert_string_equal(
        mail.text.data,
        "Hello %name-0%,\r\n\r\n"
        "this is a reminder of an event that starts soon, for which you have booked %seat-0%:\r\n\r\n"
        "  Analytical Engines\r\n\r\n"
        "  When: Tuesday, 24 November 2026, 18:00 CET (Europe/Berlin, UTC+01:00)\r\n"
        "  Where: Town Hall\r\n"
        "  Speaker: Ada Lovelace\r\n\r\n"
        "If you cannot come, please cancel your registration, so that somebody else can take your place.\r\n\r\n"
        "-- \r\nEventHub\r\n");
    mail_free(&mail);
}

static void update_reads_like_this(void **state) {
    struct ledger_claim claim = update_of("Analytical Engines");
    claim.old_event_date -= 3600;
    claim.old_venue = text_of("Main hall");
    claim.old_speaker = text_of("Charles Babbage");
    struct mail mail = composed(&claim);
    assert_string_equal(mail.subject.data, "Changed: Analytical Engines");
    assert_string_equal(
        mail.text.data,
        "Hello %name-0%,\r\n\r\n"
        "an event for which you have booked %seat-0% has changed. This is how it is now:\r\n\r\n"
        "  Analytical Engines\r\n\r\n"
        "  When: Tuesday, 24 November 2026, 17:00 UTC\r\n"
        "      (before: Tuesday, 24 November 2026, 16:00 UTC)\r\n"
        "  Where: Town Hall\r\n"
        "      (before: Main hall)\r\n"
        "  Speaker: Ada Lovelace\r\n"
        "      (before: Charles Babbage)\r\n\r\n"
        "Your registration stays as it is. If you cannot come, please cancel it, so that somebody else can take your "
        "place.\r\n\r\n"
        "-- \r\nEventHub\r\n");
    mail_free(&mail);
}

static void cancellation_reads_like_this(void **state) {
    struct ledger_claim claim = claim_of("cancellation", "Analytical Engines");
    struct mail mail = composed(&claim);
    assert_string_equal(mail.subject.data, "Cancelled: Analytical Engines");
    assert_string_equal(mail.text.data,
                        "Hello %name-0%,\r\n\r\n"
                        "an event for which you had booked %seat-0% has been cancelled. It will not take "
                        "place:\r\n\r\n"
                        "  Analytical Engines\r\n\r\n"
                        "  When: Tuesday, 24 November 2026, 17:00 UTC\r\n"
                        "  Where: Town Hall\r\n"
                        "  Speaker: Ada Lovelace\r\n\r\n"
                        "There is nothing that you need to do.\r\n\r\n"
                        "-- \r\nEventHub\r\n");
    mail_free(&mail);
}

static void html_says_the_same(void **state) {
    static const char *const kinds[] = {"reminder", "update", "cancellation"};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct ledger_claim claim = update_of("Analytical Engines");
        strcpy(claim.kind, kinds[i]);
        claim.old_venue = text_of("Main hall");
        struct mail mail = composed(&claim);
        const char *html = mail.html.data;
        assert_int_equal(strncmp(html, "<!DOCTYPE html>\n<html lang=\"en\">", 32), 0);
        assert_non_null(strstr(html, "<meta charset=\"utf-8\">"));
        assert_int_equal(occurrences(html, "Analytical Engines"), 2);
        assert_int_equal(occurrences(html, "<bdi>%html-0%</bdi>"), 1);
        assert_int_equal(occurrences(html, "%seat-0%"), 1);
        assert_int_equal(occurrences(html, "%name-0%"), 0);
        assert_int_equal(occurrences(mail.text.data, "%html-0%"), 0);
        assert_non_null(strstr(html, "<bdi>Tuesday, 24 November 2026, 17:00 UTC</bdi>"));
        assert_non_null(strstr(html, "<bdi>Town Hall</bdi><br><small>before: <bdi>Main hall</bdi></small>"));
        assert_non_null(strstr(html, "<bdi>Ada Lovelace</bdi></td>"));
        assert_non_null(strstr(html, "</html>\n"));
        mail_free(&mail);
    }
}

static void before_stands_with_what_changed(void **state) {
    for (unsigned changed = 0; changed < 8; changed++) {
        struct ledger_claim claim = update_of("Analytical Engines");
        if (changed & 1)
            claim.old_event_date += 60;
        if (changed & 2)
            claim.old_venue = text_of("Town Hal");
        if (changed & 4)
            claim.old_speaker = text_of("ada Lovelace");
        static const char *const text[] = {"17:00 UTC\r\n      (before: Tuesday, 24 November 2026, 17:01 UTC)\r\n",
                                           "Town Hall\r\n      (before: Town Hal)\r\n",
                                           "Ada Lovelace\r\n      (before: ada Lovelace)\r\n"};
        static const char *const html[] = {
            "17:00 UTC</bdi><br><small>before: <bdi>Tuesday, 24 November 2026, 17:01 UTC</bdi></small></td>",
            "Town Hall</bdi><br><small>before: <bdi>Town Hal</bdi></small></td>",
            "Ada Lovelace</bdi><br><small>before: <bdi>ada Lovelace</bdi></small></td>"};
        struct mail mail = composed(&claim);
        size_t count = 0;
        for (unsigned i = 0; i < 3; i++) {
            count += changed >> i & 1;
            assert_int_equal(strstr(mail.text.data, text[i]) != NULL, changed >> i & 1);
            assert_int_equal(strstr(mail.html.data, html[i]) != NULL, changed >> i & 1);
        }
        assert_int_equal(occurrences(mail.text.data, "before"), count);
        assert_int_equal(occurrences(mail.html.data, "before"), count);
        mail_free(&mail);
    }
}

static void without_an_old_state_nothing_is_before(void **state) {
    static const char *const kinds[] = {"reminder", "cancellation", "update"};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct ledger_claim claim = claim_of(kinds[i], "Analytical Engines");
        struct mail mail = composed(&claim);
        assert_null(strstr(mail.text.data, "before"));
        assert_null(strstr(mail.html.data, "before"));
        mail_free(&mail);
    }
}

/* A change of zone between the two dates is a change of what is read. */
static void both_dates_are_in_the_zone(void **state) {
    struct ledger_claim claim = update_of("Analytical Engines");
    claim.event_date = 1824944400; /* 2027-10-31T01:00:00Z */
    claim.old_event_date = 1824944400 - 3600;
    struct mail mail = composed_by(&claim, sender, "Europe/Berlin");
    assert_non_null(strstr(mail.text.data,
                           "  When: Sunday, 31 October 2027, 02:00 CET (Europe/Berlin, UTC+01:00)\r\n"
                           "      (before: Sunday, 31 October 2027, 02:00 CEST (Europe/Berlin, UTC+02:00))\r\n"));
    mail_free(&mail);
}

static const char *const hostile[] = {
    "a\r\nBcc: x@example.org\r\n\r\n<h1>body</h1>",
    "\r\n.\r\nMAIL FROM:<x@example.org>",
    "<script>alert(\"1\")</script>",
    "</bdi></td></tr></table><img src=x onerror=alert(1)>",
    "</title><base href=//evil.example>",
    "</h2><!-- -->",
    "\" onmouseover=\"x\" '",
    "&lt;b&gt; &amp;amp; &#x3c;",
    "a\xe2\x80\xa8"
    "b\xe2\x80\xa9"
    "c\xc2\x85"
    "d\v\f\x1b[2J\x7f",
    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7 \xf0\x9f\x8f\xb3\xef\xb8\x8f",
    "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xe2\x80\xae"
    "evil\xe2\x80\xac\xe2\x81\xa7",
    "C:\\new\\table \\u003c \\",
    "%name-1234567890abcdef% %html-1234567890abcdef% -name- {{name}} [%x%] <%asm_group_unsubscribe_url%>",
    "100 % of %s %n %d",
    "\t  \t",
};

/* Every mail has as many lines and elements as one about a plain event: nothing comes in by a title. */
static void hostile_texts_change_no_structure(void **state) {
    static const char *const kinds[] = {"reminder", "update", "cancellation"};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct ledger_claim plain = update_of("plain");
        strcpy(plain.kind, kinds[i]);
        plain.old_venue = plain.old_speaker = text_of("another");
        struct mail wanted = composed(&plain);
        for (size_t k = 0; k < COUNT(hostile); k++) {
            struct ledger_claim claim = plain;
            claim.title = claim.venue = claim.speaker = text_of(hostile[k]);
            struct mail mail = composed(&claim);
            const char *row = hostile[k];
            for (const char *at = mail.subject.data; *at != '\0'; at++)
                assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
            assert_null(strstr(mail.subject.data, "\xc2\x85"));
            assert_null(strstr(mail.subject.data, "\xe2\x80\xa8"));
            assert_number(row, (int64_t)occurrences(mail.text.data, "\n"),
                          (int64_t)occurrences(wanted.text.data, "\n"));
            assert_number(row, (int64_t)occurrences(mail.text.data, "\r"),
                          (int64_t)occurrences(mail.text.data, "\r\n"));
            assert_number(row, (int64_t)occurrences(mail.text.data, "\n"),
                          (int64_t)occurrences(mail.text.data, "\r\n"));
            static const char *const marks[] = {"<", ">", "\"", "'", "\n", "\r", "\t", "\x1b", "%name-0%", "%html-0%"};
            for (size_t m = 0; m < COUNT(marks); m++)
                assert_number(row, (int64_t)occurrences(mail.html.data, marks[m]),
                              (int64_t)occurrences(wanted.html.data, marks[m]));
            mail_free(&mail);
        }
        mail_free(&wanted);
    }
}

static void longest_texts_are_whole(void **state) {
    char title[200 * 4 + 1], venue[200 * 4 + 1], speaker[120 * 4 + 1];
    for (size_t i = 0; i < 200; i++) {
        memcpy(title + 4 * i, "\xf0\x9f\x8e\x9f", 4);
        memcpy(venue + 4 * i, "\xf0\x9f\x8e\x9d", 4);
    }
    for (size_t i = 0; i < 120; i++)
        memcpy(speaker + 4 * i, "\xf0\x9f\x8e\x98", 4);
    title[sizeof title - 1] = venue[sizeof venue - 1] = speaker[sizeof speaker - 1] = '\0';
    struct ledger_claim claim = claim_of("reminder", title);
    claim.venue = text_of(venue);
    claim.speaker = text_of(speaker);
    struct mail mail = composed(&claim);
    assert_string_equal(mail.subject.data + strlen("Reminder: "), title);
    assert_int_equal(occurrences(mail.text.data, title), 1);
    assert_int_equal(occurrences(mail.html.data, title), 2);
    assert_int_equal(occurrences(mail.text.data, venue), 1);
    assert_int_equal(occurrences(mail.html.data, venue), 1);
    assert_int_equal(occurrences(mail.text.data, speaker), 1);
    assert_int_equal(occurrences(mail.html.data, speaker), 1);
    mail_free(&mail);
}

static void signature_is_the_sender(void **state) {
    struct ledger_claim claim = claim_of("reminder", "Analytical Engines");
    struct mail mail = composed_by(&claim, "Caf\xc3\xa9 & <Co> 100 %s", "UTC");
    assert_non_null(strstr(mail.text.data, "\r\n-- \r\nCaf\xc3\xa9 & <Co> 100 %s\r\n"));
    assert_non_null(strstr(mail.html.data, "<p>Caf\xc3\xa9 &amp; &lt;Co&gt; 100 %s</p>"));
    mail_free(&mail);
}

static void kind_that_is_unknown_fails(void **state) {
    static const char *const kinds[] = {"", "Reminder", "reminders", "refund"};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct ledger_claim claim = claim_of(kinds[i], "Analytical Engines");
        struct mail mail;
        mail_compose(&mail, &claim, &tags, sender, "UTC");
        assert_true(mail.subject.failed || mail.text.failed || mail.html.failed);
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
        cmocka_unit_test(seats_are_counted),
        cmocka_unit_test(tags_are_of_this_run_alone),
        cmocka_unit_test(reminder_reads_like_this),
        cmocka_unit_test(update_reads_like_this),
        cmocka_unit_test(cancellation_reads_like_this),
        cmocka_unit_test(html_says_the_same),
        cmocka_unit_test(before_stands_with_what_changed),
        cmocka_unit_test(without_an_old_state_nothing_is_before),
        cmocka_unit_test(both_dates_are_in_the_zone),
        cmocka_unit_test(hostile_texts_change_no_structure),
        cmocka_unit_test(longest_texts_are_whole),
        cmocka_unit_test(signature_is_the_sender),
        cmocka_unit_test(kind_that_is_unknown_fails),
    };
    return cmocka_run_group_tests_name("mail", tests, NULL, NULL);
}
