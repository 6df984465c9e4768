/* Mails: what users wrote changes nothing in their structure, and what is new to their readers is said to be. */
#include "notifier/mail.h"

#include "tests/unit/mails.h"

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
    const char *const all[] = {one.greeting, one.name_html, one.seats, one.token,
                               two.greeting, two.name_html, two.seats, two.token};
    for (size_t i = 0; i < COUNT(all); i++) {
        assert_true(strlen(all[i]) > 16);
        for (size_t k = 0; k < COUNT(all); k++)
            assert_true(i == k || strstr(all[i], all[k]) == NULL);
        /* So that a tag stands in HTML and in JSON as it is. */
        assert_int_equal(strspn(all[i], "abcdefghijklmnopqrstuvwxyz0123456789-%"), strlen(all[i]));
    }
}

static void only_what_is_new_is_said_to_be(void **state) {
    static const char *const kinds[] = {"update", "reminder"};
    for (unsigned row = 0; row < 32; row++) {
        unsigned changed = row / 2;
        struct ledger_claim claim = claim_of(kinds[row % 2], "Analytical Engines");
        if (changed & 1)
            claim.known.date += 60;
        if (changed & 2)
            claim.known.venue = text_of("Town Hal");
        if (changed & 4)
            claim.known.speaker = text_of("ada Lovelace");
        if (changed & 8)
            claim.known.title = text_of("Analytical engines");
        static const char *const text[] = {"  Date: was Tuesday, 24 November 2026, 17:01 UTC\r\n      is now Tuesday",
                                           "  Venue: was Town Hal\r\n      is now Town Hall\r\n",
                                           "  Speaker: was ada Lovelace\r\n      is now Ada Lovelace\r\n"};
        static const char *const html[] = {"was <bdi>Tuesday, 24 November 2026, 17:01 UTC</bdi><br>is now <bdi>Tuesday",
                                           "was <bdi>Town Hal</bdi><br>is now <bdi>Town Hall</bdi></td>",
                                           "was <bdi>ada Lovelace</bdi><br>is now <bdi>Ada Lovelace</bdi></td>"};
        struct mail mail = composed(&claim);
        size_t count = 0;
        for (unsigned i = 0; i < 3; i++) {
            count += changed >> i & 1;
            assert_int_equal(strstr(mail.text.data, text[i]) != NULL, changed >> i & 1);
            assert_int_equal(strstr(mail.html.data, html[i]) != NULL, changed >> i & 1);
        }
        assert_int_equal(occurrences(mail.text.data, " is now "), count);
        assert_int_equal(occurrences(mail.html.data, ">is now "), count);
        assert_int_equal(occurrences(mail.text.data, "What is new:"), count > 0);
        assert_int_equal(strstr(mail.text.data, "  (formerly Analytical engines)\r\n") != NULL, changed >> 3);
        assert_int_equal(strstr(mail.html.data, "(formerly <bdi>Analytical engines</bdi>)") != NULL, changed >> 3);
        mail_free(&mail);
    }
}

/* What nobody sees is no change: blanks at an end, seconds. */
static void what_cannot_be_seen_is_not_new(void **state) {
    struct ledger_claim claim = claim_of("update", " Analytical Engines");
    claim.known.title = text_of("Analytical Engines  ");
    claim.known.venue = text_of("\tTown Hall ");
    claim.now.speaker = text_of("Ada Lovelace\n");
    claim.known.date += 59;
    struct mail mail = composed(&claim);
    assert_string_equal(mail.subject.data, "Changed: Analytical Engines");
    assert_null(strstr(mail.text.data, "is now "));
    assert_null(strstr(mail.text.data, "formerly"));
    assert_non_null(strstr(mail.text.data, "\r\n  Venue: Town Hall\r\n  Speaker: Ada Lovelace\r\n"));
    mail_free(&mail);
}

/* A change of zone between the two dates is a change of what is read. */
static void both_dates_are_in_the_zone(void **state) {
    struct ledger_claim claim = claim_of("update", "Analytical Engines");
    struct notifier_settings settings = plain_settings();
    settings.zone = set_to("Europe/Berlin");
    claim.now.date = 1824944400; /* 2027-10-31T01:00:00Z */
    claim.known.date = 1824944400 - 3600;
    struct mail mail = composed_with(&claim, &settings);
    assert_non_null(strstr(mail.text.data, "  Date: was Sunday, 31 October 2027, 02:00 CEST (Europe/Berlin)\r\n"
                                           "      is now Sunday, 31 October 2027, 02:00 CET (Europe/Berlin)\r\n"));
    mail_free(&mail);
}

static void who_organizes_may_be_unknown(void **state) {
    struct ledger_claim claim = claim_of("reminder", "Analytical Engines");
    claim.organizer = text_of("");
    struct mail mail = composed(&claim);
    assert_null(strstr(mail.text.data, "Organizer"));
    assert_null(strstr(mail.html.data, "Organizer"));
    mail_free(&mail);
}

static void greeting_is_of_one_name(void **state) {
    static const struct {
        const char *name, *greeting;
    } rows[] = {
        {"Ann", "Hello Ann,"},
        {"Ann\r\n\r\nBcc: x", "Hello Ann    Bcc: x,"},
        {"12345 789 123456789 123456789 123456789 123456789 123456789 123456",
         "Hello 12345 789 123456789 123456789 123456789 123456789 123456789\r\n      123456,"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *greeting = passed(mail_greeting, rows[i].name, strlen(rows[i].name));
        assert_text(rows[i].name, greeting, rows[i].greeting);
        free(greeting);
    }
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

/* The lines of a text that do not begin with a blank, to be released with free(). */
static char *own_lines(const char *text) {
    char *own = calloc(1, strlen(text) + 1), *end = own;
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        if (*line != ' ')
            end = mempcpy(end, line, (size_t)(strchr(line, '\n') + 1 - line));
    }
    return own;
}

/* Every mail has the lines and the elements of one about a plain event: nothing comes in by a title. */
static void hostile_texts_change_no_structure(void **state) {
    for (const struct mail_kind *kind = mail_kinds; kind->name != NULL; kind++) {
        struct ledger_claim plain = claim_of(kind->name, "plain");
        plain.known.venue = plain.known.speaker = plain.known.title = text_of("another");
        struct mail wanted = composed(&plain);
        char *wanted_lines = own_lines(wanted.text.data);
        for (size_t k = 0; k < COUNT(hostile); k++) {
            struct ledger_claim claim = plain;
            struct ledger_event *const events[] = {&claim.now, &claim.known};
            /* What it is now or what it was; both would be no change. */
            for (size_t m = 0; m < COUNT(events); m++) {
                claim = plain;
                events[m]->title = events[m]->venue = events[m]->speaker = claim.organizer = text_of(hostile[k]);
                struct mail mail = composed(&claim);
                const char *row = hostile[k];
                for (const char *at = mail.subject.data; *at != '\0'; at++)
                    assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
                assert_null(strstr(mail.subject.data, "\xc2\x85"));
                assert_null(strstr(mail.subject.data, "\xe2\x80\xa8"));
                char *lines = own_lines(mail.text.data);
                assert_text(row, lines, wanted_lines);
                free(lines);
                assert_number(row, (int64_t)occurrences(mail.text.data, "\r"),
                              (int64_t)occurrences(mail.text.data, "\r\n"));
                assert_number(row, (int64_t)occurrences(mail.text.data, "\n"),
                              (int64_t)occurrences(mail.text.data, "\r\n"));
                static const char *const marks[] = {"<",  ">",  "\"",   "'",         "\n",
                                                    "\r", "\t", "\x1b", "%hello-0%", "%name-0%"};
                for (size_t n = 0; n < COUNT(marks); n++)
                    assert_number(row, (int64_t)occurrences(mail.html.data, marks[n]),
                                  (int64_t)occurrences(wanted.html.data, marks[n]));
                mail_free(&mail);
            }
        }
        free(wanted_lines);
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
    claim.now.venue = claim.known.venue = text_of(venue);
    claim.now.speaker = claim.known.speaker = text_of(speaker);
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
    struct notifier_settings settings = plain_settings();
    settings.from_name = set_to("Caf\xc3\xa9 & <Co> 100 %s");
    struct mail mail = composed_with(&claim, &settings);
    assert_non_null(strstr(mail.text.data, "\r\n-- \r\nCaf\xc3\xa9 & <Co> 100 %s\r\n"));
    assert_non_null(strstr(mail.html.data, "<p>Caf\xc3\xa9 &amp; &lt;Co&gt; 100 %s</p>"));
    mail_free(&mail);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seats_are_counted),
        cmocka_unit_test(tags_are_of_this_run_alone),
        cmocka_unit_test(only_what_is_new_is_said_to_be),
        cmocka_unit_test(what_cannot_be_seen_is_not_new),
        cmocka_unit_test(both_dates_are_in_the_zone),
        cmocka_unit_test(who_organizes_may_be_unknown),
        cmocka_unit_test(greeting_is_of_one_name),
        cmocka_unit_test(hostile_texts_change_no_structure),
        cmocka_unit_test(longest_texts_are_whole),
        cmocka_unit_test(signature_is_the_sender),
    };
    return cmocka_run_group_tests_name("mail", tests, NULL, NULL);
}
