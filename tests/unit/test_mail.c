/* The text of a mail: what users wrote stays within its line and within its element, and everything else is ours. */
#include "notifier/mail.h"

#include <time.h>

#include "tests/unit/unit.h"

static const char sender[] = "EventHub";

static struct ledger_text text_of(const char *bytes) {
    return (struct ledger_text){(char *)(uintptr_t)bytes, strlen(bytes)};
}

static struct ledger_event event_of(const char *title) {
    return (struct ledger_event){
        .title = text_of(title),
        .venue = text_of("Town Hall"),
        .speaker = text_of("Ada Lovelace"),
        .date = 1795539600, /* 2026-11-24T17:00:00Z */
    };
}

/* One of which the readers know all. */
static struct ledger_claim claim_of(const char *kind, const char *title) {
    static struct ledger_mail mails[] = {{.delivery_id = 1}, {.delivery_id = 2}};
    struct ledger_claim claim = {
        .id = 1,
        .event_id = 12,
        .now = event_of(title),
        .known = event_of(title),
        .organizer = text_of("Otto"),
        .organizer_email = text_of("otto@example.org"),
        .mails = mails,
        .mail_count = COUNT(mails),
    };
    mails[0].unsubscribe_token = mails[1].unsubscribe_token = text_of("abc-1");
    strcpy(claim.kind, kind);
    return claim;
}

static const struct mail_tags tags = {"%hello-0%", "%name-0%", "%seat-0%", "%token-0%"};

/* A writable copy, which every test of this program may keep. */
static char *set_to(const char *value) {
    return (char *)(uintptr_t)value;
}

static struct notifier_settings plain_settings(void) {
    return (struct notifier_settings){
        .from_name = set_to(sender),
        .zone = set_to("UTC"),
        .reply_to = set_to(""),
        .event_url = set_to(""),
        .unsubscribe_url = set_to(""),
        .categories = set_to(""),
    };
}

/* The parts as texts, to be released with mail_free. */
static struct mail composed_with(const struct ledger_claim *claim, const struct notifier_settings *settings) {
    struct mail mail;
    setenv("TZ", settings->zone, 1);
    tzset();
    mail_compose(&mail, claim, &tags, settings);
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
    const struct notifier_settings settings = plain_settings();
    return composed_with(claim, &settings);
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

static void assert_mail(const struct mail *mail, const char *subject, const char *text) {
    assert_string_equal(mail->subject.data, subject);
    assert_string_equal(mail->text.data, text);
}

static void reminder_reads_like_this(void **state) {
    struct ledger_claim claim = claim_of("reminder", "Analytical Engines");
    struct notifier_settings settings = plain_settings();
    settings.zone = set_to("Europe/Berlin");
    struct mail mail = composed_with(&claim, &settings);
    assert_mail(&mail, "Reminder: Analytical Engines",
                "%hello-0%\r\n\r\n"
                "This is a reminder of an event that starts soon, for which you have\r\n"
                "registered:\r\n\r\n"
                "  Analytical Engines\r\n\r\n"
                "  Date: Tuesday, 24 November 2026, 18:00 CET (Europe/Berlin)\r\n"
                "  Venue: Town Hall\r\n"
                "  Speaker: Ada Lovelace\r\n"
                "  Organizer: Otto\r\n"
                "  Booked: %seat-0%\r\n\r\n"
                "If you cannot come, please cancel your registration, so that somebody\r\n"
                "else can take your place.\r\n\r\n"
                "-- \r\nEventHub\r\n");
    assert_false(mail.has_token);
    mail_free(&mail);
}

static void update_reads_like_this(void **state) {
    struct ledger_claim claim = claim_of("update", "Analytical Engines");
    claim.known = (struct ledger_event){text_of("Engines"), text_of("Main hall"), text_of("Charles Babbage"),
                                        claim.now.date - 3600};
    struct mail mail = composed(&claim);
    assert_mail(&mail, "Changed: Analytical Engines",
                "%hello-0%\r\n\r\n"
                "An event for which you have registered has changed:\r\n\r\n"
                "  Analytical Engines\r\n"
                "  (formerly Engines)\r\n\r\n"
                "What is new:\r\n\r\n"
                "  Date: was Tuesday, 24 November 2026, 16:00 UTC\r\n"
                "      is now Tuesday, 24 November 2026, 17:00 UTC\r\n"
                "  Venue: was Main hall\r\n"
                "      is now Town Hall\r\n"
                "  Speaker: was Charles Babbage\r\n"
                "      is now Ada Lovelace\r\n\r\n"
                "How it is now:\r\n\r\n"
                "  Date: Tuesday, 24 November 2026, 17:00 UTC\r\n"
                "  Venue: Town Hall\r\n"
                "  Speaker: Ada Lovelace\r\n"
                "  Organizer: Otto\r\n"
                "  Booked: %seat-0%\r\n\r\n"
                "Your registration stays as it is.\r\n\r\n"
                "If you cannot come, please cancel your registration, so that somebody\r\n"
                "else can take your place.\r\n\r\n"
                "-- \r\nEventHub\r\n");
    mail_free(&mail);
}

/* By what its readers know of it, whatever it has become since. */
static void cancellation_reads_like_this(void **state) {
    struct ledger_claim claim = claim_of("cancellation", "Analytical Engines");
    claim.now = (struct ledger_event){text_of("Newer title"), text_of("Newer hall"), text_of("Newer speaker"), 0};
    struct mail mail = composed(&claim);
    assert_mail(&mail, "Cancelled: Analytical Engines",
                "%hello-0%\r\n\r\n"
                "An event for which you had registered has been cancelled. It will not\r\n"
                "take place:\r\n\r\n"
                "  Analytical Engines\r\n\r\n"
                "  Date: Tuesday, 24 November 2026, 17:00 UTC\r\n"
                "  Venue: Town Hall\r\n"
                "  Speaker: Ada Lovelace\r\n"
                "  Organizer: Otto\r\n"
                "  Booked: %seat-0%\r\n\r\n"
                "There is nothing that you need to do.\r\n\r\n"
                "-- \r\nEventHub\r\n");
    assert_null(strstr(mail.html.data, "Newer"));
    mail_free(&mail);
    /* Who may have been told of the newer one by a mail that nobody knows of must not take it for another event. */
    claim.uncertain = true;
    mail = composed(&claim);
    assert_non_null(strstr(mail.text.data,
                           "An earlier mail may have named another title, date, venue or speaker: it\r\n"
                           "is the same event.\r\n"));
    assert_null(strstr(mail.text.data, "Newer"));
    mail_free(&mail);
}

static void reader_who_may_know_better_is_told_what_holds(void **state) {
    struct ledger_claim claim = claim_of("update", "Analytical Engines");
    claim.uncertain = true;
    struct mail mail = composed(&claim);
    assert_string_equal(mail.subject.data, "How it stands: Analytical Engines");
    assert_non_null(strstr(mail.text.data,
                           "\r\n\r\nThis is about an event for which you have registered. An earlier mail\r\n"
                           "may have said otherwise. It takes place, and this is what holds:\r\n\r\n"
                           "  Analytical Engines\r\n\r\n  Date: Tuesday"));
    assert_null(strstr(mail.text.data, "changed"));
    assert_null(strstr(mail.text.data, "new:"));
    mail_free(&mail);

    claim.known.venue = text_of("Main hall");
    mail = composed(&claim);
    assert_string_equal(mail.subject.data, "Changed: Analytical Engines");
    assert_non_null(strstr(mail.text.data, "\r\n\r\nHow it is now, whatever an earlier mail may have said:\r\n\r\n"));
    mail_free(&mail);
}

static void event_that_takes_place_after_all(void **state) {
    struct ledger_claim claim = claim_of("update", "Analytical Engines");
    for (int changed = 0; changed < 2; changed++) {
        claim.revived = true;
        claim.known.venue = text_of(changed ? "Main hall" : "Town Hall");
        struct mail mail = composed(&claim);
        assert_string_equal(mail.subject.data, "Takes place after all: Analytical Engines");
        assert_non_null(strstr(mail.text.data,
                               "\r\n\r\nWe told you that an event for which you have registered was cancelled.\r\n"
                               "It takes place after all:\r\n\r\n"));
        assert_int_equal(occurrences(mail.text.data, "is now Town Hall"), changed);
        mail_free(&mail);
    }
}

static void html_says_the_same(void **state) {
    static const char *const kinds[] = {"reminder", "update", "cancellation"};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct ledger_claim claim = claim_of(kinds[i], "Analytical Engines");
        bool shown = strcmp(kinds[i], "cancellation") != 0;
        if (shown)
            claim.known.venue = text_of("Main hall");
        struct mail mail = composed(&claim);
        const char *html = mail.html.data;
        assert_int_equal(strncmp(html, "<!DOCTYPE html>\n<html lang=\"en\">", 32), 0);
        assert_non_null(strstr(html, "<meta charset=\"utf-8\">"));
        assert_non_null(strstr(html, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"));
        assert_non_null(strstr(html, "<meta name=\"color-scheme\" content=\"light dark\">"));
        assert_int_equal(occurrences(html, "Analytical Engines"), 2);
        assert_int_equal(occurrences(html, "<bdi>%name-0%</bdi>"), 1);
        assert_int_equal(occurrences(html, "%seat-0%"), 1);
        assert_int_equal(occurrences(html, "%hello-0%"), 0);
        assert_int_equal(occurrences(mail.text.data, "%name-0%"), 0);
        assert_non_null(strstr(html, ">Date</th><td><bdi>Tuesday, 24 November 2026, 17:00 UTC</bdi></td>"));
        assert_int_equal(
            occurrences(html, ">Venue</th><td>was <bdi>Main hall</bdi><br>is now <bdi>Town Hall</bdi></td>"), shown);
        assert_non_null(strstr(html, ">Speaker</th><td><bdi>Ada Lovelace</bdi></td>"));
        assert_non_null(strstr(html, ">Organizer</th><td><bdi>Otto</bdi></td>"));
        assert_int_equal(occurrences(html, "<th scope=\"row\" "), occurrences(html, "<th"));
        assert_int_equal(occurrences(html, "<small"), 0);
        assert_non_null(strstr(html, "</html>\n"));
        mail_free(&mail);
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

static void event_has_a_page(void **state) {
    static const char *const kinds[] = {"reminder", "update", "cancellation"};
    struct notifier_settings settings = plain_settings();
    settings.event_url = set_to("https://example.org/e?id={event_id}&lang=en");
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct ledger_claim claim = claim_of(kinds[i], "Analytical Engines");
        struct mail mail = composed_with(&claim, &settings);
        /* Of a cancelled one there is none any more. */
        bool wanted = i < 2;
        assert_int_equal(occurrences(mail.text.data, "\r\n  Page: https://example.org/e?id=12&lang=en\r\n"), wanted);
        assert_int_equal(occurrences(mail.html.data, "<a href=\"https://example.org/e?id=12&amp;lang=en\">"
                                                     "https://example.org/e?id=12&amp;lang=en</a>"),
                         wanted);
        assert_int_equal(occurrences(mail.text.data, "please cancel your registration on the event's page,\r\n"),
                         wanted);
        assert_int_equal(occurrences(mail.text.data, "example.org"), wanted);
        mail_free(&mail);
    }
}

static void reminders_can_be_unsubscribed_from(void **state) {
    static const char *const kinds[] = {"reminder", "update", "cancellation"};
    struct notifier_settings settings = plain_settings();
    settings.unsubscribe_url = set_to("https://example.org/off/{token}?a=1&b=2");
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct ledger_claim claim = claim_of(kinds[i], "Analytical Engines");
        struct mail mail = composed_with(&claim, &settings);
        assert_int_equal(mail.has_token, i == 0);
        assert_int_equal(occurrences(mail.text.data,
                                     "\r\n\r\nTo get no more reminders: https://example.org/off/%token-0%?a=1&b=2\r\n"),
                         i == 0);
        assert_int_equal(occurrences(mail.html.data, "<p><a href=\"https://example.org/off/%token-0%?a=1&amp;b=2\">"
                                                     "Get no more reminders</a></p>"),
                         i == 0);
        mail_free(&mail);
        /* The text is the same for all: who has no token would get a link that leads nowhere. */
        claim.mails[1].unsubscribe_token = text_of("");
        mail = composed_with(&claim, &settings);
        assert_false(mail.has_token);
        assert_null(strstr(mail.html.data, "%token-0%"));
        mail_free(&mail);
    }
}

static void who_organizes_may_be_unknown(void **state) {
    struct ledger_claim claim = claim_of("reminder", "Analytical Engines");
    claim.organizer = text_of("");
    struct mail mail = composed(&claim);
    assert_null(strstr(mail.text.data, "Organizer"));
    assert_null(strstr(mail.html.data, "Organizer"));
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
    for (size_t kind = 0; kind < 3; kind++) {
        static const char *const kinds[] = {"reminder", "update", "cancellation"};
        struct notifier_settings settings = plain_settings();
        struct ledger_claim claim = claim_of(kinds[kind], words);
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
        claim = claim_of(kinds[kind], letters);
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
        char *html = passed(mail_html_linked, rows[i].text, strlen(rows[i].text));
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
    static const char *const kinds[] = {"reminder", "update", "cancellation"};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct ledger_claim plain = claim_of(kinds[i], "plain");
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

static void kind_that_is_unknown_fails(void **state) {
    static const char *const kinds[] = {"", "Reminder", "reminders", "refund"};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct ledger_claim claim = claim_of(kinds[i], "Analytical Engines");
        struct mail mail;
        const struct notifier_settings settings = plain_settings();
        mail_compose(&mail, &claim, &tags, &settings);
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
        cmocka_unit_test(reader_who_may_know_better_is_told_what_holds),
        cmocka_unit_test(event_that_takes_place_after_all),
        cmocka_unit_test(html_says_the_same),
        cmocka_unit_test(only_what_is_new_is_said_to_be),
        cmocka_unit_test(what_cannot_be_seen_is_not_new),
        cmocka_unit_test(both_dates_are_in_the_zone),
        cmocka_unit_test(event_has_a_page),
        cmocka_unit_test(reminders_can_be_unsubscribed_from),
        cmocka_unit_test(who_organizes_may_be_unknown),
        cmocka_unit_test(lines_have_72_characters),
        cmocka_unit_test(breaks_are_between_words),
        cmocka_unit_test(greeting_is_of_one_name),
        cmocka_unit_test(addresses_become_links),
        cmocka_unit_test(hostile_texts_change_no_structure),
        cmocka_unit_test(longest_texts_are_whole),
        cmocka_unit_test(signature_is_the_sender),
        cmocka_unit_test(kind_that_is_unknown_fails),
    };
    return cmocka_run_group_tests_name("mail", tests, NULL, NULL);
}
