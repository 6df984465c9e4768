/* The kinds of mail: what each says, word for word. */
#include "notifier/mail_kinds.h"

#include "tests/unit/mails.h"

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
    for (const struct mail_kind *kind = mail_kinds; kind->name != NULL; kind++) {
        struct ledger_claim claim = claim_of(kind->name, "Analytical Engines");
        bool shown = !kind->is_off;
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

static void event_has_a_page(void **state) {
    struct notifier_settings settings = plain_settings();
    settings.event_url = set_to("https://example.org/e?id={event_id}&lang=en");
    for (const struct mail_kind *kind = mail_kinds; kind->name != NULL; kind++) {
        struct ledger_claim claim = claim_of(kind->name, "Analytical Engines");
        struct mail mail = composed_with(&claim, &settings);
        /* Of a cancelled one there is none any more. */
        bool wanted = !kind->is_off;
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

static void optional_mails_can_be_unsubscribed_from(void **state) {
    struct notifier_settings settings = plain_settings();
    assert_true(mail_kinds_find("reminder")->is_optional);
    assert_false(mail_kinds_find("update")->is_optional || mail_kinds_find("cancellation")->is_optional);
    settings.unsubscribe_url = set_to("https://example.org/off/{token}?a=1&b=2");
    for (const struct mail_kind *kind = mail_kinds; kind->name != NULL; kind++) {
        struct ledger_claim claim = claim_of(kind->name, "Analytical Engines");
        struct mail mail = composed_with(&claim, &settings);
        assert_int_equal(mail.has_token, kind->is_optional);
        assert_int_equal(occurrences(mail.text.data,
                                     "\r\n\r\nTo get no more reminders: https://example.org/off/%token-0%?a=1&b=2\r\n"),
                         kind->is_optional);
        assert_int_equal(occurrences(mail.html.data, "<p><a href=\"https://example.org/off/%token-0%?a=1&amp;b=2\">"
                                                     "Get no more reminders</a></p>"),
                         kind->is_optional);
        mail_free(&mail);
        /* The text is the same for all: who has no token would get a link that leads nowhere. */
        claim.mails[1].unsubscribe_token = text_of("");
        mail = composed_with(&claim, &settings);
        assert_false(mail.has_token);
        assert_null(strstr(mail.html.data, "%token-0%"));
        mail_free(&mail);
    }
}

static void kind_that_is_unknown_is_not_found(void **state) {
    static const char *const names[] = {"", "Reminder", "reminders", "refund"};
    for (size_t i = 0; i < COUNT(names); i++)
        assert_null(mail_kinds_find(names[i]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reminder_reads_like_this),
        cmocka_unit_test(update_reads_like_this),
        cmocka_unit_test(cancellation_reads_like_this),
        cmocka_unit_test(reader_who_may_know_better_is_told_what_holds),
        cmocka_unit_test(event_that_takes_place_after_all),
        cmocka_unit_test(html_says_the_same),
        cmocka_unit_test(event_has_a_page),
        cmocka_unit_test(optional_mails_can_be_unsubscribed_from),
        cmocka_unit_test(kind_that_is_unknown_is_not_found),
    };
    return cmocka_run_group_tests_name("mail_kinds", tests, NULL, NULL);
}
